import { ModelError } from '../inference/model-error.js';

/** A model on a separate server, behind one of the protocols that Colloquy supports. */
export interface ServerModel {
  /** E.g. `ollama:smollm2:135m`; users, sessions and task queues use this name. */
  readonly modelId: string;
  readonly backend: 'ollama' | 'openai';
  /** The server's own name for the model. */
  readonly name: string;
}

const PREFIX = /^(?<backend>ollama|openai):(?<name>.*)$/su;
/** Characters that registries and servers use in names. Names become part of a task queue's name, which appears in many places. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,199}$/u;

/**
 * The server's model identified by `ollama:NAME` or `openai:NAME`; undefined if the name does not have this form. The id always contains the
 * tag, because Ollama's `smollm2` and `smollm2:latest` are one model.
 *
 * @throws {ModelError} `Model.NotFound` if NAME is not a valid model name
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
