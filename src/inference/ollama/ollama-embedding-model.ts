import { Ollama } from 'ollama';
import type { EmbeddingModel } from '../embedding-model.js';
import { asModelError, DEFAULT_LIMITS, exchangeFetch, type ExchangeLimits } from '../http/http-exchange.js';
import { ModelError } from '../model-error.js';
import { DEFAULT_OLLAMA_HOST, describeOllama, ollamaUrl, showModel } from './ollama-server.js';
import { openOllamaVocabulary } from './ollama-vocabulary.js';
import { ServerEmbeddingModel } from '../http/server-embedding.js';

export interface OllamaEmbeddingModelOptions {
  readonly modelId: string;
  /** Name of the model on the server, e.g. `nomic-embed-text:latest`. */
  readonly name: string;
  /** Address in the form of Ollama's own `OLLAMA_HOST`. Default: `DEFAULT_OLLAMA_HOST`. */
  readonly host?: string;
  /** Maximum number of tokens of one text. Default: the model's training context, at most `MOST_TOKENS`. */
  readonly maxTokens?: number;
  /** Default: `DEFAULT_LIMITS`. */
  readonly limits?: Partial<ExchangeLimits>;
}

const MOST_TOKENS = 2048;

/**
 * Opens an embedding model on an Ollama server, using `/api/embed`. Ollama silently cuts long texts, so this counts them first with the
 * model's own vocabulary, and tells Ollama not to cut. The server loads nothing before the first text.
 *
 * @throws {ModelError} `Model.Unavailable` when nothing answers, `Model.NotFound`, `Model.Unsupported` when the model does not make vectors
 */
export async function openOllamaEmbeddingModel(options: OllamaEmbeddingModelOptions): Promise<EmbeddingModel> {
  const { modelId, name } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const server = describeOllama(modelId, name, ollamaUrl(options.host ?? DEFAULT_OLLAMA_HOST));
  const { model_info: info } = await showModel(server, name, limits);
  const architecture = String(info['general.architecture']);
  const number = (key: string): number | undefined => {
    const value = info[`${architecture}.${key}`];
    return typeof value === 'number' ? value : undefined;
  };
  const dimensions = number('embedding_length');
  if (dimensions === undefined || number('pooling_type') === undefined) {
    throw new ModelError(
      'Model.Unsupported',
      `Model "${modelId}" is not an embedding model: Ollama does not say how its vectors are pooled. Choose an embedding model.`,
    );
  }
  const trained = Math.min(MOST_TOKENS, number('context_length') ?? MOST_TOKENS);
  const maxTokens = Math.min(options.maxTokens ?? trained, trained);
  const vocabulary = await openOllamaVocabulary(modelId, info);
  const count = (text: string): number => vocabulary.countText(text);
  return new ServerEmbeddingModel(
    modelId,
    {
      server,
      dimensions,
      maxTokens,
      countsExactly: true,
      countTokens: count,
      async ask(texts, signal) {
        try {
          const client = new Ollama({ host: server.url, fetch: exchangeFetch(server, limits, signal) });
          // Without `num_ctx`, Ollama's context would be 2,048 or more; if that exceeds the model's context, Ollama cuts texts at the
          // latter.
          const request = { model: name, input: [...texts], truncate: false, options: { num_ctx: maxTokens } };
          return (await client.embed(request)).embeddings;
        } catch (error) {
          throw asModelError(server, error);
        }
      },
      dispose: () => vocabulary.dispose(),
    },
    count,
  );
}
