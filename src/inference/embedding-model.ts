/** Turns texts into vectors whose angles tell how closely the texts are related. A model is stateless to its callers. */
export interface EmbeddingModel {
  /** E.g. `multilingual-e5-small`. Vectors of different models cannot be compared. */
  readonly modelId: string;
  readonly dimensions: number;
  /** Maximum number of tokens of one text, including those that the model adds. */
  readonly maxTokens: number;
  /** Counts a passage, including the tokens that the model adds. The count is exact; where a server cannot count, it is an upper bound. */
  countTokens(text: string): Promise<number>;
  /**
   * The same, synchronously, for callers that count often, such as chunking. Missing if only a server can count, or if it was not requested
   * at opening.
   */
  readonly countTokensNow?: (text: string) => number;
  /**
   * Returns one vector of unit length per text, in their order. Some models embed queries differently from passages.
   *
   * @throws {ModelError} `Model.ContextOverflow` for a text over `maxTokens`, `Model.InvalidRequest` for an empty one; no text is
   *   truncated. The signal's reason when it aborts, within the time of one text.
   */
  embed(texts: readonly string[], options: EmbedOptions): Promise<Float32Array[]>;
  dispose(): Promise<void>;
}

export interface EmbedOptions {
  readonly purpose: 'query' | 'passage';
  readonly signal: AbortSignal;
}

/** Reads a query together with each text, which is more accurate than comparing vectors, and slower. */
export interface Reranker {
  readonly modelId: string;
  /** Scores how well each text answers the query, 0 to 1, in their order. Texts that are too long are judged by their beginning. */
  rank(query: string, texts: readonly string[], options: { readonly signal: AbortSignal }): Promise<number[]>;
  dispose(): Promise<void>;
}
