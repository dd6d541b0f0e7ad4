import type { LlamaEmbeddingContext, LlamaModel, Token } from 'node-llama-cpp';

/**
 * From this many tokens on, llama.cpp computes flash attention in tiles on a CPU; below, it computes row by row, which takes longer than a
 * text of twice as many tokens in tiles.
 *
 * source: ggml-org/llama.cpp, ggml/src/ggml-cpu/common.h, `GGML_FA_TILE_Q`
 */
export const TILE_TOKENS = 64;

/**
 * Contexts that embed one text at a time. On a CPU, short queries use a separate context without flash attention: 18 tokens take 0.6 of the
 * time, 48 tokens 0.3. Passages of all lengths are embedded the same way, so that their vectors match those already stored in knowledge
 * bases.
 */
export class EmbeddingContexts {
  private constructor(
    private readonly any: LlamaEmbeddingContext,
    private readonly short: LlamaEmbeddingContext | undefined,
  ) {}

  static async create(model: LlamaModel, maxTokens: number, threads: number): Promise<EmbeddingContexts> {
    // The library requires room for one token more than it evaluates; an encoder reads a text in one batch.
    const size = maxTokens + 1;
    const any = await model.createEmbeddingContext({ contextSize: size, batchSize: size, threads });
    if (model.gpuLayers > 0) return new EmbeddingContexts(any, undefined);
    try {
      return new EmbeddingContexts(any, await createShort(model, threads));
    } catch (error) {
      await any.dispose();
      throw error;
    }
  }

  /** @param tokens including begin and end */
  async embed(tokens: readonly Token[], purpose: 'query' | 'passage'): Promise<readonly number[]> {
    const isShort = purpose === 'query' && tokens.length < TILE_TOKENS;
    const context = (isShort ? this.short : undefined) ?? this.any;
    return (await context.getEmbeddingFor([...tokens])).vector;
  }

  async dispose(): Promise<void> {
    await this.any.dispose();
    await this.short?.dispose();
  }
}

/** Contexts of embedding models take this setting only from their model, when they are created. */
async function createShort(model: LlamaModel, threads: number): Promise<LlamaEmbeddingContext> {
  Object.defineProperty(model, 'defaultContextFlashAttention', { value: false, configurable: true });
  try {
    return await model.createEmbeddingContext({ contextSize: TILE_TOKENS, batchSize: TILE_TOKENS, threads });
  } finally {
    Reflect.deleteProperty(model, 'defaultContextFlashAttention');
  }
}
