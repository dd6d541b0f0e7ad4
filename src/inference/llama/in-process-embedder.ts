import type { LlamaModel, Token } from 'node-llama-cpp';
import type { EmbedOptions } from '../embedding-model.js';
import { embeddingText, refuseEmptyTexts, textTooLong, unitVector } from '../embedding-text.js';
import { EmbeddingContexts } from './embedding-contexts.js';
import { encoderTokens } from './encoder-tokens.js';
import {
  architectureNumber,
  loadEncoder,
  RANK_POOLING,
  wrongUse,
  type EncoderOptions,
  type LoadedEncoder,
} from './in-process-encoder.js';

/** Longer texts gain nothing for search, and their scratch buffers take gigabytes. */
const MOST_TOKENS = 2048;

/** Opens an embedding model in this process, which a crash of native code ends; `openLlamaEmbeddingModel` opens it in a separate process. */
export async function openInProcessEmbedder(options: EncoderOptions): Promise<InProcessEmbedder> {
  const loaded = await loadEncoder<EmbeddingContexts>(options, {
    check: (model) => refuseOtherModels(options.modelId, model),
    createContext: (model, threads) => EmbeddingContexts.create(model, maxTokensOf(model), threads),
    mostTokens: MOST_TOKENS,
    probe: (context, model, tokens) => context.embed(encoderTokens(model, tokens), 'passage'),
  });
  return new InProcessEmbedder(options.modelId, loaded);
}

export class InProcessEmbedder {
  readonly dimensions: number;
  readonly maxTokens: number;
  /** See `LoadedEncoder`. */
  readonly wordsInMemory?: string;

  constructor(
    private readonly modelId: string,
    private readonly loaded: LoadedEncoder<EmbeddingContexts>,
  ) {
    this.dimensions = loaded.model.embeddingVectorSize;
    this.maxTokens = maxTokensOf(loaded.model);
    this.wordsInMemory = loaded.wordsInMemory;
  }

  countTokens(text: string): number {
    const { model, words } = this.loaded;
    return encoderTokens(model, words.tokenize(embeddingText(this.modelId, 'passage', text))).length;
  }

  /** @throws {ModelError} as `EmbeddingModel.embed` says; the signal's reason when it aborts */
  async embed(texts: readonly string[], { purpose, signal }: EmbedOptions): Promise<Float32Array[]> {
    const { modelId, dimensions, maxTokens } = this;
    const { model, pool, words } = this.loaded;
    refuseEmptyTexts(modelId, texts);
    const inputs = texts.map((text, index): Token[] => {
      const tokens = words.tokenize(embeddingText(modelId, purpose, text));
      const { length } = encoderTokens(model, tokens);
      if (length > maxTokens) throw textTooLong(modelId, index, { tokens: length, maxTokens });
      return tokens;
    });
    return pool.map(inputs, signal, async (context, tokens) => {
      const vector = await context.embed(encoderTokens(model, words.place(context, tokens)), purpose);
      return unitVector(modelId, vector, dimensions);
    });
  }

  dispose(): Promise<void> {
    return this.loaded.dispose();
  }
}

function maxTokensOf(model: LlamaModel): number {
  return Math.min(MOST_TOKENS, model.trainContextSize);
}

/** Every model's inner states are vectors, but only some models are trained to make comparable ones: their files name a type of pooling. */
function refuseOtherModels(modelId: string, model: LlamaModel): void {
  const pooling = architectureNumber(model, 'pooling_type');
  if (pooling === undefined) {
    throw wrongUse(
      modelId,
      'it is not an embedding model: its file does not say how vectors are pooled. Choose an embedding model.',
    );
  }
  if (pooling === RANK_POOLING) {
    throw wrongUse(modelId, 'it is a reranker and makes no vectors. Name it in COLLOQUY_RERANK_MODEL instead.');
  }
}
