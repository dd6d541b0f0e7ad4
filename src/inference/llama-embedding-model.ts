import type { LlamaModel } from 'node-llama-cpp';
import type { EmbeddingModel, EmbedOptions } from './embedding-model.js';
import { embeddingText, refuseEmptyTexts } from './embedding-text.js';
import { EncoderChild } from './encoder-child.js';
import type { EncoderOpened } from './encoder-protocol.js';
import { encoderTokens } from './encoder-tokens.js';
import { ggufPartPaths } from './gguf/gguf-parts.js';
import type { EncoderOptions } from './in-process-encoder.js';
import { LiveProcess } from './live-process.js';
import { openVocabulary } from './open-vocabulary.js';

export interface LlamaEmbeddingModelOptions extends EncoderOptions {
  /**
   * Opens the vocabulary in this process too, so that `countTokensNow` is there. For multilingual-e5-small, whose vocabulary is large, that is
   * 340 MB and about as long as opening the model. Default: false.
   */
  readonly countsNow?: boolean;
}

/**
 * Opens a GGUF file of an embedding model with llama.cpp, in a process of its own: a crash of native code is `Model.Crashed`, retryable, and
 * the process is started again for the next request.
 *
 * @throws {ModelError} `Model.NotFound`, `Model.Damaged`, `Model.Unsupported` when it makes no vectors, or `Model.Unavailable` when memory
 *   is short
 */
export async function openLlamaEmbeddingModel(options: LlamaEmbeddingModelOptions): Promise<EmbeddingModel> {
  const { countsNow = false, ...encoderOptions } = options;
  const { modelId, modelPath } = options;
  const start = (): EncoderChild => new EncoderChild('embed', encoderOptions);
  const engine = start();
  // First, since it knows what is wrong with a file.
  const opened = await engine.opened;
  try {
    const vocabulary = countsNow ? await openVocabulary(ggufPartPaths(modelPath)[0]) : undefined;
    return new LlamaEmbeddingModel(modelId, opened, vocabulary, new LiveProcess(modelId, start, engine));
  } catch (error) {
    await engine.dispose();
    throw error;
  }
}

class LlamaEmbeddingModel implements EmbeddingModel {
  readonly dimensions: number;
  readonly maxTokens: number;
  readonly countTokensNow?: (text: string) => number;

  constructor(
    readonly modelId: string,
    { dimensions, maxTokens }: EncoderOpened,
    private readonly vocabulary: LlamaModel | undefined,
    private readonly engine: LiveProcess<EncoderChild>,
  ) {
    this.dimensions = dimensions;
    this.maxTokens = maxTokens;
    if (vocabulary === undefined) return;
    this.countTokensNow = (text) => encoderTokens(vocabulary, embeddingText(modelId, 'passage', text)).length;
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
    await this.vocabulary?.dispose();
  }
}
