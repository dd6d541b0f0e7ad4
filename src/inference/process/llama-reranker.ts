import type { Reranker } from '../embedding-model.js';
import { EncoderChild } from './encoder-child.js';
import type { EncoderOptions } from '../llama/in-process-encoder.js';
import { inMemory, type LlamaEmbeddingModelOptions } from './llama-embedding-model.js';
import { LiveProcess } from './live-process.js';
import { ModelError } from '../model-error.js';

export type LlamaRerankerOptions = EncoderOptions & Pick<LlamaEmbeddingModelOptions, 'onNotice'>;

/**
 * Opens a GGUF file of a cross-encoder with llama.cpp, in a separate process: a crash of native code becomes `Model.Crashed`, which is
 * retryable.
 *
 * @throws {ModelError} `Model.NotFound`, `Model.Damaged`, `Model.Unsupported` when the model is not a reranker, or `Model.Unavailable` when
 *   memory is short
 */
export async function openLlamaReranker({ onNotice, ...options }: LlamaRerankerOptions): Promise<Reranker> {
  const start = (): EncoderChild => new EncoderChild('rank', options);
  const engine = start();
  const { wordsInMemory } = await engine.opened;
  if (wordsInMemory !== undefined) onNotice?.(inMemory(options.modelId, wordsInMemory));
  return new LlamaReranker(options.modelId, new LiveProcess(options.modelId, start, engine));
}

class LlamaReranker implements Reranker {
  constructor(
    readonly modelId: string,
    private readonly engine: LiveProcess<EncoderChild>,
  ) {}

  async rank(query: string, texts: readonly string[], { signal }: { readonly signal: AbortSignal }): Promise<number[]> {
    if (query.trim() === '') {
      throw new ModelError('Model.InvalidRequest', `The query for model "${this.modelId}" is empty.`);
    }
    signal.throwIfAborted();
    const engine = await this.engine.running();
    const report = await engine.cancellable(signal, (id) => ({ type: 'rank', id, query, texts }));
    if (report.type === 'cancelled') throw signal.reason;
    if (report.type !== 'ranked') throw new TypeError(`The engine answered by ${report.type}`);
    return [...report.scores];
  }

  dispose(): Promise<void> {
    return this.engine.dispose();
  }
}
