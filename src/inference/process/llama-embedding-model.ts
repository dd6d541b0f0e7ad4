import type { EmbeddingModel, EmbedOptions } from '../embedding-model.js';
import { embeddingText, refuseEmptyTexts } from '../embedding-text.js';
import { EncoderChild } from './encoder-child.js';
import type { EncoderOpened } from './encoder-protocol.js';
import { ggufPartPaths } from '../gguf/gguf-parts.js';
import type { EncoderOptions } from '../llama/in-process-encoder.js';
import { LiveProcess } from './live-process.js';
import { openTokenCounting, type TokenCounting } from '../llama/token-counting.js';

export interface LlamaEmbeddingModelOptions extends EncoderOptions {
  /**
   * Also reads the vocabulary in this process, which provides `countTokensNow`. For multilingual-e5-small, which has a large vocabulary, it
   * holds 8 MB after a peak of some 70 while reading; for a vocabulary of that size in an unsupported format, 340. Default: false.
   */
  readonly countsNow?: boolean;
  /** Called with one sentence if a large vocabulary has to be held in memory. */
  readonly onNotice?: (notice: string) => void;
}

/**
 * Opens a GGUF file of an embedding model with llama.cpp, in a separate process: a crash of native code becomes `Model.Crashed`, which is
 * retryable, and the next request starts the process again.
 *
 * @throws {ModelError} `Model.NotFound`, `Model.Damaged`, `Model.Unsupported` when the model does not make vectors, or `Model.Unavailable`
 *   when memory is short
 */
export async function openLlamaEmbeddingModel(options: LlamaEmbeddingModelOptions): Promise<EmbeddingModel> {
  const { countsNow = false, onNotice, ...encoderOptions } = options;
  const { modelId, modelPath } = options;
  const start = (): EncoderChild => new EncoderChild('embed', encoderOptions);
  const engine = start();
  // Awaited first, because the engine reports what is wrong with a file.
  const opened = await engine.opened;
  if (opened.wordsInMemory !== undefined) onNotice?.(inMemory(modelId, opened.wordsInMemory));
  try {
    const counting = countsNow ? await openTokenCounting(modelId, ggufPartPaths(modelPath)[0]) : undefined;
    return new LlamaEmbeddingModel(modelId, opened, counting, new LiveProcess(modelId, start, engine));
  } catch (error) {
    await engine.dispose();
    throw error;
  }
}

/** A notice for the operator about why a model takes so much memory. */
export function inMemory(modelId: string, reason: string): string {
  return `Model "${modelId}" holds its large vocabulary in memory, for ${reason}. That may take gigabytes.`;
}

class LlamaEmbeddingModel implements EmbeddingModel {
  readonly dimensions: number;
  readonly maxTokens: number;
  readonly countTokensNow?: (text: string) => number;

  constructor(
    readonly modelId: string,
    { dimensions, maxTokens }: EncoderOpened,
    private readonly counting: TokenCounting | undefined,
    private readonly engine: LiveProcess<EncoderChild>,
  ) {
    this.dimensions = dimensions;
    this.maxTokens = maxTokens;
    if (counting === undefined) return;
    this.countTokensNow = (text) => counting.count(embeddingText(modelId, 'passage', text));
  }

  async countTokens(text: string): Promise<number> {
    const engine = await this.engine.running();
    const report = await engine.request((id) => ({ type: 'count', id, text }));
    if (report.type !== 'counted') throw new TypeError(`The engine answered by ${report.type}`);
    return report.tokens;
  }

  async embed(texts: readonly string[], { purpose, signal }: EmbedOptions): Promise<Float32Array[]> {
    refuseEmptyTexts(this.modelId, texts);
    signal.throwIfAborted();
    const engine = await this.engine.running();
    const report = await engine.cancellable(signal, (id) => ({ type: 'embed', id, texts, purpose }));
    if (report.type === 'cancelled') throw signal.reason;
    if (report.type !== 'embedded') throw new TypeError(`The engine answered by ${report.type}`);
    return [...report.vectors];
  }

  async dispose(): Promise<void> {
    await this.engine.dispose();
    await this.counting?.dispose();
  }
}
