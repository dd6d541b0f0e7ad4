import { z } from 'zod';
import type { EmbeddingModel } from '../embedding-model.js';
import { asModelError, DEFAULT_LIMITS, exchangeFetch, type ExchangeLimits } from '../http/http-exchange.js';
import { broken, type ServerDescription } from '../http/http-failure.js';
import { createTokenCounter } from './count-tokens.js';
import { createAskServer, probeServer } from './probe-server.js';
import { describeOpenAiServer } from './openai-compatible-model.js';
import { ServerEmbeddingModel } from '../http/server-embedding.js';

export interface OpenAiEmbeddingModelOptions {
  readonly modelId: string;
  /** Name of the model on the server. */
  readonly name: string;
  /** Address including the version, e.g. `http://127.0.0.1:8000/v1`. */
  readonly baseUrl: string;
  /** Sent as a bearer token, never logged. Default: none. */
  readonly apiKey?: string;
  /**
   * Maximum number of tokens of one text. Default: the server's report, otherwise the known limit of OpenAI's own models, otherwise
   * `SAFE_TOKENS`.
   */
  readonly maxTokens?: number;
  /** Default: `DEFAULT_LIMITS`. */
  readonly limits?: Partial<ExchangeLimits>;
  readonly onNotice?: (notice: string) => void;
}

/** Capacity of the smallest common embedding models, those of BERT's family. */
const SAFE_TOKENS = 512;
/** source: https://platform.openai.com/docs/api-reference/embeddings/create, `input` */
const OPENAI_MODELS = /^text-embedding-(?:3-|ada-002)/u;
const OPENAI_TOKENS = 8192;

const answerSchema = z.object({ data: z.array(z.object({ index: z.int().min(0), embedding: z.array(z.number()) })) });

/**
 * Opens an embedding model on a server with OpenAI's interface, using `/v1/embeddings`. Embeds a word to find the number of dimensions.
 *
 * The server counts texts if it can (vLLM, llama.cpp); otherwise the number of their bytes is a safe bound, so that nothing is ever cut. If
 * the server itself refuses a text as too long, that is `Model.ContextOverflow` as well.
 *
 * @throws {ModelError} `Model.Unavailable` when nothing answers, `Model.NotFound`, `Model.Unsupported` when access is refused or the model
 *   does not make vectors
 */
export async function openOpenAiEmbeddingModel(options: OpenAiEmbeddingModelOptions): Promise<EmbeddingModel> {
  const { modelId, name, apiKey, onNotice } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const server = describeOpenAiServer(modelId, options.baseUrl.replace(/\/+$/u, ''));
  const askServer = createAskServer(server, limits, apiKey);
  const { kind, contextTokens: told } = await probeServer(server, name, askServer);
  const known = told ?? (OPENAI_MODELS.test(name) ? OPENAI_TOKENS : undefined);
  const maxTokens = Math.min(options.maxTokens ?? known ?? SAFE_TOKENS, known ?? Number.POSITIVE_INFINITY);
  if (known === undefined && options.maxTokens === undefined) {
    onNotice?.(
      `The server of "${modelId}" does not report how long texts may be, so Colloquy assumes ${SAFE_TOKENS} tokens. Set COLLOQUY_EMBEDDING_TOKENS to the limit of the model.`,
    );
  }
  const counter = createTokenCounter(kind, name, server, askServer);
  const ask = createAsk({ server, limits, name, apiKey });
  const [probed = []] = await ask(['dimensions'], AbortSignal.timeout(limits.firstByteMs));
  return new ServerEmbeddingModel(modelId, {
    server,
    dimensions: probed.length,
    maxTokens,
    countsExactly: counter.isExact,
    countTokens: (text) => counter.count({ prompt: text }),
    ask,
    dispose: async () => undefined,
  });
}

interface Asking {
  readonly server: ServerDescription;
  readonly limits: ExchangeLimits;
  readonly name: string;
  readonly apiKey: string | undefined;
}

/** Does not use the client's library, which assumes that responses have the right form. */
function createAsk({ server, limits, name, apiKey }: Asking) {
  return async (texts: readonly string[], signal: AbortSignal): Promise<number[][]> => {
    try {
      const response = await exchangeFetch(
        server,
        limits,
        signal,
      )(`${server.url}/embeddings`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
        },
        body: JSON.stringify({ model: name, input: texts, encoding_format: 'float' }),
      });
      const answer = answerSchema.safeParse(await response.json());
      if (!answer.success) throw broken(server, 'the response is not a list of vectors');
      return answer.data.data.toSorted((a, b) => a.index - b.index).map(({ embedding }) => embedding);
    } catch (error) {
      throw asModelError(server, error);
    }
  };
}
