import type { TurnFailure } from './conversation.js';
import { cutText, utf8Length } from '../text.js';

/** The text of an answer that was not completed. */
export interface PartialAnswer {
  readonly text: string;
  /** Thoughts so far, which come before the text. */
  readonly thinking?: string;
  /** Tokens of text and thoughts, as far as they are known. */
  readonly outputTokens: number;
}

/** Maximum UTF-16 units of the text, and of the thoughts, in a failure. With both, its JSON stays below the server's limit of 2 MiB. */
const MAX_FAILURE_LENGTH = 300_000;

/**
 * The partial answer in the details of a heartbeat or failure; undefined if they contain neither text nor thoughts. Also searches lists,
 * which failures contain.
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

/** The partial answer that got farthest, because each attempt continues the previous one. Undefined if there is none. */
export function longestPartial(...partials: readonly (PartialAnswer | undefined)[]): PartialAnswer | undefined {
  const lengthOf = ({ text, thinking = '' }: PartialAnswer): number => text.length + thinking.length;
  return partials.reduce((best, each) => {
    if (best === undefined || each === undefined) return best ?? each;
    return lengthOf(each) >= lengthOf(best) ? each : best;
  }, undefined);
}

/** Size in bytes of the partial answer that a failed turn keeps. */
export function partialBytes(failure: TurnFailure | undefined): number {
  const { text = '', thinking = '' } = failure?.partial ?? {};
  return utf8Length(text) + utf8Length(thinking);
}

/** A partial answer for a failure, cut to `MAX_FAILURE_LENGTH`. */
export function boundPartial({ text, thinking, outputTokens }: PartialAnswer): PartialAnswer {
  return {
    text: cutText(text, MAX_FAILURE_LENGTH),
    ...(thinking !== undefined && { thinking: cutText(thinking, MAX_FAILURE_LENGTH) }),
    outputTokens,
  };
}
