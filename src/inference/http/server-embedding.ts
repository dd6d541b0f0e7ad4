import type { EmbeddingModel, EmbedOptions } from '../embedding-model.js';
import { embeddingText, refuseEmptyTexts, textTooLong, unitVector } from '../embedding-text.js';
import { broken, type ServerDescription } from './http-failure.js';
import { ModelError } from '../model-error.js';

/** What differs between servers that embed. */
export interface EmbeddingServer {
  readonly server: ServerDescription;
  readonly dimensions: number;
  readonly maxTokens: number;
  /** Whether `countTokens` is exact; otherwise it never gives less than exact. */
  readonly countsExactly: boolean;
  /** Of a text as it is sent, with what the model itself adds. */
  countTokens(text: string): number | Promise<number>;
  /** Asks for the vectors of some texts at once. Throws `ModelError`s alone, unless `signal` has aborted. */
  ask(texts: readonly string[], signal: AbortSignal): Promise<readonly (readonly number[])[]>;
  dispose(): Promise<void>;
}

/** Texts of one request: each request is one wait, and what a cancellation is late by. */
const BATCH_TEXTS = 16;

/** An embedding model on a server, under the rules of our own: nothing empty, nothing cut, unit vectors. */
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
    // No vocabulary has tokens of less than a byte: most texts need not be counted.
    if (!countsExactly || Buffer.byteLength(input) + SPECIAL_TOKENS > maxTokens) {
      const tokens = await this.backend.countTokens(input);
      if (tokens > maxTokens) throw textTooLong(this.modelId, index, { tokens, maxTokens, isExact: countsExactly });
    }
  }
}

/** Begin, end, and what some models put between. */
const SPECIAL_TOKENS = 4;
