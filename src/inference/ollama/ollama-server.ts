import { Ollama } from 'ollama';
import { asModelError, exchangeFetch, type ExchangeLimits } from '../http/http-exchange.js';
import type { ServerDescription } from '../http/http-failure.js';
import { ModelError } from '../model-error.js';

export const DEFAULT_OLLAMA_HOST = '127.0.0.1:11434';

/** Ollama's description of a model. */
export interface ShownModel {
  /** A Go template; empty when there is none. */
  readonly template: string;
  /** Name of the server's built-in renderer, which builds prompts instead of a template. */
  readonly renderer: string;
  /** Name of the server's built-in parser, which reads answers. */
  readonly parser: string;
  /** A persona that the server adds to conversations without one. */
  readonly system: string;
  /** Whether the server puts additional messages before those of a conversation. */
  readonly hasMessages: boolean;
  readonly parameters: string;
  /** E.g. `completion`, `tools`, `thinking`. Empty on older servers. */
  readonly capabilities: readonly string[];
  /** The header of the model's file, including its vocabulary. */
  readonly model_info: Readonly<Record<string, unknown>>;
}

/** Requests Ollama's description of a model, including its vocabulary. @throws {ModelError} */
export async function showModel(server: ServerDescription, name: string, limits: ExchangeLimits): Promise<ShownModel> {
  const fetch = exchangeFetch(server, limits, AbortSignal.timeout(limits.firstByteMs));
  try {
    // The server knows this option but the client's types do not. Without it, the response lacks the vocabulary.
    const request = { model: name, verbose: true };
    const shown: unknown = await new Ollama({ host: server.url, fetch }).show(request);
    return readShown(fieldsOf(shown));
  } catch (error) {
    throw asModelError(server, error);
  }
}

function readShown(shown: Readonly<Record<string, unknown>>): ShownModel {
  const text = (field: string): string => (typeof shown[field] === 'string' ? shown[field] : '');
  const capabilities: unknown[] = Array.isArray(shown['capabilities']) ? shown['capabilities'] : [];
  return {
    template: text('template'),
    renderer: text('renderer') || ofModelfile(text('modelfile'), 'RENDERER'),
    parser: text('parser') || ofModelfile(text('modelfile'), 'PARSER'),
    system: text('system'),
    hasMessages: Array.isArray(shown['messages']) && shown['messages'].length > 0,
    parameters: text('parameters'),
    capabilities: capabilities.filter((one) => typeof one === 'string'),
    // The client's newer types declare this field as a map, but the server sends an object.
    model_info: fieldsOf(shown['model_info']),
  };
}

function ofModelfile(modelfile: string, command: string): string {
  return new RegExp(String.raw`^${command}\s+(\S+)\s*$`, 'imu').exec(modelfile)?.[1] ?? '';
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** Reads the stop strings from parameters in the format of `ollama show --parameters`: a name, blanks, a quoted text. */
export function stopsOf(parameters: string): string[] {
  return [...parameters.matchAll(/^stop\s+(".*")$/gmu)].flatMap(([, quoted = '']) => {
    try {
      return [String(JSON.parse(quoted))];
    } catch {
      return [];
    }
  });
}

/** Converts a value of `OLLAMA_HOST` to an address. `0.0.0.0` makes a server listen on all addresses, but a client cannot connect to it. */
export function ollamaUrl(host: string): string {
  const withScheme = /^https?:\/\//u.test(host) ? host : `http://${host.startsWith(':') ? `127.0.0.1${host}` : host}`;
  if (!URL.canParse(withScheme)) {
    throw new ModelError(
      'Model.Unavailable',
      `OLLAMA_HOST is "${host}", which is not a valid address. Give HOST:PORT, e.g. ${DEFAULT_OLLAMA_HOST}.`,
    );
  }
  const url = new URL(withScheme);
  if (url.hostname === '0.0.0.0' || url.hostname === '[::]') url.hostname = '127.0.0.1';
  if (url.port === '' && !/^https?:\/\//u.test(host)) url.port = '11434';
  return url.href.replace(/\/$/u, '');
}

/** Texts about an Ollama server for users. */
export function describeOllama(modelId: string, name: string, url: string): ServerDescription {
  return {
    modelId,
    name: 'Ollama',
    url,
    whenDown: 'Start it by "ollama serve", or set OLLAMA_HOST to where it runs.',
    whenModelMissing: `Get it by "ollama pull ${name}".`,
    whenRefused: 'Ollama itself asks for no key: look at what stands before it.',
  };
}
