/** Texts as vectors whose angles tell how much they have to do with each other. A model is stateless to its callers. */
export interface EmbeddingModel {
  /** E.g. `multilingual-e5-small`. Vectors of different models cannot be compared. */
  readonly modelId: string;
  readonly dimensions: number;
  /** Tokens of one text at most, with all that the model adds. */
  readonly maxTokens: number;
  /** With all that the model adds, as a passage. Exact, or where a server cannot count, never less than that. */
  countTokens(text: string): Promise<number>;
  /** The same at once, for those who count much, as chunking does. Missing where only a server can count, or when it was not asked for at opening. */
  readonly countTokensNow?: (text: string) => number;
  /**
   * One vector of unit length a text, in their order. What asks and what is found are embedded differently by some models.
   *
   * @throws {ModelError} `Model.ContextOverflow` for a text over `maxTokens`, `Model.InvalidRequest` for an empty one; nothing is cut.
   *   The signal's reason when it aborts, within the time of one text.
   */
  embed(texts: readonly string[], options: EmbedOptions): Promise<Float32Array[]>;
  dispose(): Promise<void>;
}

export interface EmbedOptions {
  readonly purpose: 'query' | 'passage';
  readonly signal: AbortSignal;
}

/** Reads a query together with each text: better than vectors, and slower. */
export interface Reranker {
  readonly modelId: string;
  /** How well each text answers the query, 0 to 1, in their order. Texts that are too long are judged by their beginning. */
  rank(query: string, texts: readonly string[], options: { readonly signal: AbortSignal }): Promise<number[]>;
  dispose(): Promise<void>;
}
