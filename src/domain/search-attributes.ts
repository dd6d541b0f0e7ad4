import { cutText, excerpt } from './text.js';

/** By what the server can find sessions, see `SESSION_SEARCH_ATTRIBUTES`; which of them a session has is told by its run alone. */
export interface SessionAttributes {
  readonly userId?: string;
  readonly modelId?: string;
  /** Indexed by its beginning, see `personaName`. */
  readonly persona?: string;
  readonly status?: SessionStatusAttribute;
  /** Turns, whether answered or not; of a session that goes on as `turnMark` counts them. */
  readonly turns?: number;
}

/** What a session waits for. The server itself knows how it ended. */
export type SessionStatusAttribute = 'open' | 'awaiting-approval' | 'ended';

/**
 * Names and types as the server knows them. One that is not registered there fails the workflow task that sets it, again and again:
 * the worker for sessions registers them at its start.
 */
export const SESSION_SEARCH_ATTRIBUTES = {
  userId: { name: 'ColloquyUser', type: 'KEYWORD' },
  modelId: { name: 'ColloquyModel', type: 'KEYWORD' },
  persona: { name: 'ColloquyPersona', type: 'KEYWORD' },
  status: { name: 'ColloquyStatus', type: 'KEYWORD' },
  turns: { name: 'ColloquyTurns', type: 'INT' },
} as const satisfies Record<keyof SessionAttributes, { name: string; type: 'KEYWORD' | 'INT' }>;

/**
 * The greatest of 1, 2, 5, 10, 20, 50, 100, … that is not above a count of turns; 0 for none. Each change of an attribute is an event in the
 * history and a write to the server's index: every turn would pay for what is asked for now and then.
 */
export function turnMark(turns: number): number {
  if (turns < 1) return 0;
  const power = 10 ** Math.floor(Math.log10(turns) + 1e-9);
  const digit = [5, 2, 1].find((each) => each * power <= turns) ?? 1;
  return digit * power;
}

/** Characters of a keyword in the SQL stores of the server. source: temporalio/temporal, schema/postgresql/v12/visibility/schema.sql */
const MAX_KEYWORD_LENGTH = 255;

/** The value as it is indexed and must be asked for: long ones are cut. */
export function keyword(value: string): string {
  return cutText(value, MAX_KEYWORD_LENGTH);
}

/** The beginning of a persona on one line, at most 60 characters: enough to tell personas apart in a list. */
export function personaName(persona: string): string {
  return excerpt(persona, 60);
}
