import type { Usage } from './conversation.js';
import type { SearchHit } from '../knowledge/retrieval.js';

/** Input of the `chooseKeywords` activity. */
export interface KeywordsInput {
  readonly modelId: string;
  readonly question: string;
  /** The model's answer without sources. */
  readonly draft: string;
  /** ISO 8601. */
  readonly deadline?: string;
}

export interface KeywordsOutput {
  readonly keywords: readonly string[];
  readonly usage: Usage;
}

/** Input of the `groundAnswer` activity. */
export interface GroundingInput {
  readonly modelId: string;
  readonly question: string;
  /** Best first. */
  readonly hits: readonly SearchHit[];
  /** Maximum tokens of the answer. */
  readonly maxOutputTokens: number;
}

/** Hits of several searches, whose scores cannot be compared, to be merged into one order. */
export interface RankingRequest {
  readonly query: string;
  /** Each best first. */
  readonly lists: readonly (readonly SearchHit[])[];
  readonly limit: number;
}
