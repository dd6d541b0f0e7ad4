import { z } from 'zod';
import { asModelError, exchangeFetch, type ExchangeLimits } from '../http/http-exchange.js';
import type { ServerDescription } from '../http/http-failure.js';
import { ModelError } from '../model-error.js';
import type { ServerKind } from './server-kind.js';

export interface ProbedServer {
  readonly kind: ServerKind;
  /** Undefined when the server does not report it. */
  readonly contextTokens: number | undefined;
}

const positive = z.int().positive().nullish().catch(undefined);
const text = z.string().nullish().catch(undefined);

/** source: `max_model_len` of vLLM and SGLang, `context_length` of OpenRouter, `context_window` of Groq, `max_context_length` of Mistral, `meta` of llama.cpp's server, `status.args` of its router */
const listedModel = z.looseObject({
  id: z.string(),
  owned_by: text,
  max_model_len: positive,
  context_length: positive,
  context_window: positive,
  max_context_length: positive,
  meta: z.looseObject({ n_ctx: positive }).nullish().catch(undefined),
  status: z
    .looseObject({ args: z.array(z.string()).nullish().catch(undefined) })
    .nullish()
    .catch(undefined),
});
type ListedModel = z.infer<typeof listedModel>;

const entries = z.array(z.unknown());
/** Some servers omit the object around the list. */
const modelList = z.union([z.looseObject({ data: entries }).transform(({ data }) => data), entries]);
const props = z.looseObject({ default_generation_settings: z.looseObject({ n_ctx: positive }) });

/**
 * Asks a server for its kind, whether it has the model, and for the model's context length.
 *
 * @throws {ModelError} `Model.Unavailable`, `Model.NotFound`, or `Model.Unsupported` when access is refused
 */
export async function probeServer(server: ServerDescription, name: string, ask: AskServer): Promise<ProbedServer> {
  const answer = await ask(`${server.url}/models`).catch((error: unknown) => {
    // Some gateways have no list.
    if (error instanceof ModelError && error.type === 'Model.NotFound') return undefined;
    throw error;
  });
  const listed = modelList.safeParse(answer);
  if (!listed.success) return { kind: 'other', contextTokens: undefined };
  const models = listed.data.map((one) => listedModel.safeParse(one).data).filter((one) => one !== undefined);
  const found = models.find(({ id }) => id === name || id === `${name}:latest`);
  if (found === undefined && models.length > 0) {
    const known = models.map(({ id }) => id).slice(0, 10);
    throw new ModelError(
      'Model.NotFound',
      `${server.name} at ${server.url} has no model "${name}". It has: ${known.join(', ')}. ${server.whenModelMissing}`,
    );
  }
  const kind = kindOf(found?.owned_by);
  const told = found && listedContext(found);
  if (kind !== 'llamacpp') return { kind, contextTokens: told };
  const running = async (path: string): Promise<number | undefined> => {
    const properties = await ask(`${rootOf(server)}${path}`).catch(() => undefined);
    return props.safeParse(properties).data?.default_generation_settings.n_ctx ?? undefined;
  };
  // The router itself holds no model; if the request names one, it asks that model's own instance.
  const tokens = (await running('/props')) ?? (await running(`/props?model=${encodeURIComponent(name)}`));
  return { kind, contextTokens: tokens ?? told };
}

function listedContext(model: ListedModel): number | undefined {
  const { max_model_len, context_length, context_window, max_context_length, meta, status } = model;
  const told = max_model_len ?? context_length ?? context_window ?? max_context_length ?? meta?.n_ctx;
  return told ?? contextInArguments(status?.args ?? []);
}

/** Reads the context length from the arguments of an instance of llama.cpp's router. 0 means the model's own length, which is unknown here. */
function contextInArguments(args: readonly string[]): number | undefined {
  const at = args.findIndex((argument) => /^(?:-c|-ctx|--ctx-size)$/u.test(argument));
  const tokens = at < 0 ? 0 : Number(args[at + 1]);
  return Number.isInteger(tokens) && tokens > 0 ? tokens : undefined;
}

function kindOf(owner: string | null | undefined): ServerKind {
  if (owner === 'vllm' || owner === 'llamacpp' || owner === 'sglang') return owner;
  // Ollama's models belong to the namespace `library` unless someone published them under their own name.
  return owner === 'library' ? 'ollama' : 'other';
}

/** Base address of the endpoints of vLLM and llama.cpp's server that are not part of OpenAI's interface. */
export function rootOf({ url }: ServerDescription): string {
  return url.replace(/\/v1$/u, '');
}

/** Sends a GET request, or a POST request with a body, and returns the JSON response. @throws {ModelError} */
export type AskServer = (url: string, body?: object) => Promise<unknown>;

export function createAskServer(
  server: ServerDescription,
  limits: ExchangeLimits,
  apiKey: string | undefined,
): AskServer {
  return async (url, body) => {
    const ask = exchangeFetch(server, limits, AbortSignal.timeout(limits.firstByteMs));
    try {
      const response = await ask(url, body ? postOf(body, apiKey) : { headers: headersOf(apiKey) });
      return await response.json();
    } catch (error) {
      throw asModelError(server, error);
    }
  };
}

/** A POST request with JSON and the key, for `fetch`. */
export function postOf(body: object, apiKey: string | undefined): RequestInit {
  const headers = { ...headersOf(apiKey), 'content-type': 'application/json' };
  return { method: 'POST', headers, body: JSON.stringify(body) };
}

function headersOf(apiKey: string | undefined): Record<string, string> {
  return { accept: 'application/json', ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }) };
}
