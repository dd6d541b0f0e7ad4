import { ModelError } from '../inference/model-error.js';

/** A model on a server of its own, behind one of the interfaces that Colloquy speaks. */
export interface ServerModel {
  /** E.g. `ollama:smollm2:135m`: what users, sessions and task queues call it. */
  readonly modelId: string;
  readonly backend: 'ollama' | 'openai';
  /** As the server names it. */
  readonly name: string;
}

const PREFIX = /^(?<backend>ollama|openai):(?<name>.*)$/su;
/** What registries and servers use in names. They become part of a task queue's name, which is shown in many places. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,199}$/u;

/**
 * The server's model that `ollama:NAME` or `openai:NAME` stands for; undefined when it is no such name. Ollama's `smollm2` and
 * `smollm2:latest` are one model, so that the tag is always in its id.
 *
 * @throws {ModelError} `Model.NotFound` when NAME cannot be one
 */
export function findServerModel(nameOrPath: string): ServerModel | undefined {
  const { backend, name = '' } = PREFIX.exec(nameOrPath)?.groups ?? {};
  if (backend !== 'ollama' && backend !== 'openai') return undefined;
  if (!NAME.test(name)) {
    const example = backend === 'ollama' ? 'ollama:smollm2:135m' : 'openai:meta-llama/Llama-3.1-8B-Instruct';
    throw new ModelError(
      'Model.NotFound',
      `"${nameOrPath.slice(0, 80)}" names no model: after "${backend}:" comes its name on the server, e.g. ${example}.`,
    );
  }
  if (backend === 'openai') return { modelId: `openai:${name}`, backend, name };
  const hasTag = name.slice(name.lastIndexOf('/') + 1).includes(':');
  const tagged = hasTag ? name : `${name}:latest`;
  return { modelId: `ollama:${tagged}`, backend, name: tagged };
}
