import { z } from 'zod';
import { asModelError, exchangeFetch, type ExchangeLimits } from '../http/http-exchange.js';
import type { ServerDescription } from '../http/http-failure.js';
import { ModelError } from '../model-error.js';
import type { ServerKind } from './server-kind.js';

export interface ProbedServer {
  readonly kind: ServerKind;
  /** Undefined when the server does not tell. */
  readonly contextTokens: number | undefined;
}

const modelList = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      owned_by: z.string().nullish(),
      max_model_len: z.number().nullish(),
      meta: z.object({ n_ctx: z.number().nullish() }).nullish(),
    }),
  ),
});
const props = z.object({ default_generation_settings: z.object({ n_ctx: z.number() }) });

/**
 * Asks a server what it is, whether it has the model, and how much the model can hold.
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
  const { data } = listed.data;
  const found = data.find(({ id }) => id === name || id === `${name}:latest`);
  if (found === undefined && data.length > 0) {
    const known = data.map(({ id }) => id).slice(0, 10);
    throw new ModelError(
      'Model.NotFound',
      `${server.name} at ${server.url} has no model "${name}". It has: ${known.join(', ')}. ${server.whenModelMissing}`,
    );
  }
  const kind = kindOf(found?.owned_by);
  if (kind !== 'llamacpp') return { kind, contextTokens: found?.max_model_len ?? undefined };
  const told = props.safeParse(await ask(`${rootOf(server)}/props`).catch(() => undefined));
  return { kind, contextTokens: told.data?.default_generation_settings.n_ctx ?? found?.meta?.n_ctx ?? undefined };
}

function kindOf(owner: string | null | undefined): ServerKind {
  if (owner === 'vllm' || owner === 'llamacpp') return owner;
  // Ollama's models belong to the namespace `library` unless someone published them under their own name.
  return owner === 'library' ? 'ollama' : 'other';
}

/** Where vLLM and llama.cpp's server have what is not OpenAI's. */
export function rootOf({ url }: ServerDescription): string {
  return url.replace(/\/v1$/u, '');
}

/** GET, or POST of a body, of JSON. @throws {ModelError} */
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

/** A POST of JSON with the key, for `fetch`. */
export function postOf(body: object, apiKey: string | undefined): RequestInit {
  const headers = { ...headersOf(apiKey), 'content-type': 'application/json' };
  return { method: 'POST', headers, body: JSON.stringify(body) };
}

function headersOf(apiKey: string | undefined): Record<string, string> {
  return { accept: 'application/json', ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }) };
}
