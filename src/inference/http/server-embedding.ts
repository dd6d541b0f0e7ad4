import type { EmbeddingModel, EmbedOptions } from '../embedding-model.js';
import { embeddingText, refuseEmptyTexts, textTooLong, unitVector } from '../embedding-text.js';
import { broken, type ServerDescription } from './http-failure.js';
import { ModelError } from '../model-error.js';

/** The differences between servers that embed. */
export interface EmbeddingServer {
  readonly server: ServerDescription;
  readonly dimensions: number;
  readonly maxTokens: number;
  /** Whether `countTokens` is exact; otherwise it returns an upper bound. */
  readonly countsExactly: boolean;
  /** Counts a text in the form in which it is sent, including the tokens that the model itself adds. */
  countTokens(text: string): number | Promise<number>;
  /** Requests the vectors of some texts. Throws only `ModelError`s, unless `signal` has aborted. */
  ask(texts: readonly string[], signal: AbortSignal): Promise<readonly (readonly number[])[]>;
  dispose(): Promise<void>;
}

/** Texts per request. A larger batch means fewer round trips, and a longer delay of a cancellation. */
const BATCH_TEXTS = 16;

/** An embedding model on a server, under the same rules as our own: no empty texts, no truncation, unit vectors. */
export class ServerEmbeddingModel implements EmbeddingModel {
  readonly dimensions: number;
  readonly maxTokens: number;
  readonly countTokensNow?: (text: string) => number;
  private readonly disposal = new AbortController();

  constructor(
    readonly modelId: string,
    private readonly backend: EmbeddingServer,
    countNow?: (text: string) => number,
  ) {
    this.dimensions = backend.dimensions;
    this.maxTokens = backend.maxTokens;
    if (countNow !== undefined) this.countTokensNow = (text) => countNow(embeddingText(modelId, 'passage', text));
  }

  async countTokens(text: string): Promise<number> {
    return this.backend.countTokens(embeddingText(this.modelId, 'passage', text));
  }

  async embed(texts: readonly string[], options: EmbedOptions): Promise<Float32Array[]> {
    const { modelId, dimensions, backend } = this;
    if (this.disposal.signal.aborted) {
      throw new ModelError('Model.Unavailable', `Model "${modelId}" is closed.`, { retryAfterMs: 1000 });
    }
    refuseEmptyTexts(modelId, texts);
    const inputs = texts.map((text) => embeddingText(modelId, options.purpose, text));
    for (const [index, input] of inputs.entries()) await this.refuseTooLong(input, index);
    const signal = AbortSignal.any([options.signal, this.disposal.signal]);
    const vectors: Float32Array[] = [];
    for (let at = 0; at < inputs.length; at += BATCH_TEXTS) {
      options.signal.throwIfAborted();
      const batch = inputs.slice(at, at + BATCH_TEXTS);
      const answer = await this.asked(batch, signal, options.signal);
      if (answer.length !== batch.length) {
        throw broken(backend.server, `it gave ${answer.length} vectors for ${batch.length} texts`);
      }
      vectors.push(...answer.map((values) => unitVector(modelId, values, dimensions)));
    }
    return vectors;
  }

  async dispose(): Promise<void> {
    this.disposal.abort();
    await this.backend.dispose();
  }

  private async asked(batch: readonly string[], signal: AbortSignal, caller: AbortSignal) {
    try {
      return await this.backend.ask(batch, signal);
    } catch (error) {
      caller.throwIfAborted();
      throw error;
    }
  }

  private async refuseTooLong(input: string, index: number): Promise<void> {
    const { maxTokens, countsExactly } = this.backend;
    // Every token has at least a byte, so most texts need not be counted.
    if (!countsExactly || Buffer.byteLength(input) + SPECIAL_TOKENS > maxTokens) {
      const tokens = await this.backend.countTokens(input);
      if (tokens > maxTokens) throw textTooLong(this.modelId, index, { tokens, maxTokens, isExact: countsExactly });
    }
  }
}

/** Tokens for begin and end, and those that some models put between. */
const SPECIAL_TOKENS = 4;
