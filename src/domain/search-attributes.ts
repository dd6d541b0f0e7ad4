import { cutText, excerpt } from './text.js';

/** Search attributes by which the server can find sessions, see `SESSION_SEARCH_ATTRIBUTES`. Only the session's run sets them. */
export interface SessionAttributes {
  readonly userId?: string;
  readonly modelId?: string;
  /** Only its beginning is indexed, see `personaName`. */
  readonly persona?: string;
  readonly status?: SessionStatusAttribute;
  /** Number of turns, answered or not; for a session that is still open, rounded by `turnMark`. */
  readonly turns?: number;
}

/** What a session waits for. For ended sessions, the server itself knows how they ended. */
export type SessionStatusAttribute = 'open' | 'awaiting-approval' | 'ended';

/**
 * Names and types on the server. If one is not registered there, the workflow task that sets it fails again and again, so the worker for
 * sessions registers them when it starts.
 */
export const SESSION_SEARCH_ATTRIBUTES = {
  userId: { name: 'ColloquyUser', type: 'KEYWORD' },
  modelId: { name: 'ColloquyModel', type: 'KEYWORD' },
  persona: { name: 'ColloquyPersona', type: 'KEYWORD' },
  status: { name: 'ColloquyStatus', type: 'KEYWORD' },
  turns: { name: 'ColloquyTurns', type: 'INT' },
} as const satisfies Record<keyof SessionAttributes, { name: string; type: 'KEYWORD' | 'INT' }>;

/**
 * The greatest of 1, 2, 5, 10, 20, 50, 100, … that is at most the number of turns; 0 for none. Each change of an attribute costs an event
 * in the history and a write to the server's index, and the exact number is rarely needed.
 */
export function turnMark(turns: number): number {
  if (turns < 1) return 0;
  const power = 10 ** Math.floor(Math.log10(turns) + 1e-9);
  const digit = [5, 2, 1].find((each) => each * power <= turns) ?? 1;
  return digit * power;
}

/** Maximum length of a keyword in the server's SQL stores. source: temporalio/temporal, schema/postgresql/v12/visibility/schema.sql */
const MAX_KEYWORD_LENGTH = 255;

/** The value as it is indexed, also to be used in queries: long values are cut. */
export function keyword(value: string): string {
  return cutText(value, MAX_KEYWORD_LENGTH);
}

/** The beginning of a persona on one line, at most 60 characters, to tell personas apart in a list. */
export function personaName(persona: string): string {
  return excerpt(persona, 60);
}
