import type { TurnFailure } from './conversation.js';
import { cutText, utf8Length } from '../text.js';

/** The text of an answer that was not completed. */
export interface PartialAnswer {
  readonly text: string;
  /** Thoughts so far, which come before the text. */
  readonly thinking?: string;
  /** Tokens of both, as far as they are known. */
  readonly outputTokens: number;
}

/** UTF-16 units of text and of thoughts that a failure carries: with both, its JSON stays below the server's limit of 2 MiB. */
const MAX_FAILURE_LENGTH = 300_000;

/**
 * The partial answer in what a heartbeat or a failure carries; undefined when that holds neither text nor thoughts. Lists, as failures
 * carry them, are searched.
 */
export function partialIn(details: unknown): PartialAnswer | undefined {
  if (Array.isArray(details)) return longestPartial(...details.map((each) => partialIn(each)));
  if (typeof details !== 'object' || details === null || !('text' in details)) return undefined;
  const { text, thinking, tokens, outputTokens }: Readonly<Record<string, unknown>> = { ...details };
  if (typeof text !== 'string' || (!Array.isArray(tokens) && typeof outputTokens !== 'number')) return undefined;
  const thought = typeof thinking === 'string' ? thinking : '';
  if (text === '' && thought === '') return undefined;
  return {
    text,
    ...(thought !== '' && { thinking: thought }),
    outputTokens: Array.isArray(tokens) ? tokens.length : Number(outputTokens),
  };
}

/** The one that got farthest: each attempt at an answer goes on from the one before. Undefined when there is none. */
export function longestPartial(...partials: readonly (PartialAnswer | undefined)[]): PartialAnswer | undefined {
  const lengthOf = ({ text, thinking = '' }: PartialAnswer): number => text.length + thinking.length;
  return partials.reduce((best, each) => {
    if (best === undefined || each === undefined) return best ?? each;
    return lengthOf(each) >= lengthOf(best) ? each : best;
  }, undefined);
}

/** Bytes of what a failed turn keeps of its answer. */
export function partialBytes(failure: TurnFailure | undefined): number {
  const { text = '', thinking = '' } = failure?.partial ?? {};
  return utf8Length(text) + utf8Length(thinking);
}

/** As a failure carries it: without what exceeds `MAX_FAILURE_LENGTH`. */
export function boundPartial({ text, thinking, outputTokens }: PartialAnswer): PartialAnswer {
  return {
    text: cutText(text, MAX_FAILURE_LENGTH),
    ...(thinking !== undefined && { thinking: cutText(thinking, MAX_FAILURE_LENGTH) }),
    outputTokens,
  };
}
