import { SESSION_SEARCH_ATTRIBUTES, keyword, personaName } from '../domain/search-attributes.js';
import { ColloquyError } from './colloquy-error.js';
import type { SessionSummary } from './session-summary.js';

/** Filters of a list of sessions, all of which must match. A filter on an attribute does not find sessions of versions without that attribute. */
export interface SessionFilter {
  readonly userId?: string;
  readonly modelId?: string;
  /** The persona itself, or its name as listed. */
  readonly persona?: string;
  readonly status?: SessionStatusFilter;
  /** Minimum number of turns; open sessions are counted in steps of 1, 2, 5, 10, 20, 50, 100, … */
  readonly minTurns?: number;
}

/** `open` includes sessions that wait for an approval. */
export const SESSION_STATUS_FILTERS = [
  'open',
  'awaiting-approval',
  'ended',
  'cancelled',
  'failed',
  'terminated',
] as const;
export type SessionStatusFilter = (typeof SESSION_STATUS_FILTERS)[number];

/**
 * The filter in the server's query language. The results contain all matches and possibly more; `fitsFilter` tells them apart.
 *
 * @throws {ColloquyError} `InvalidRequest` for a value that cannot be in the index
 */
export function sessionQuery(filter: SessionFilter): string {
  const { status, minTurns } = filter;
  const conditions = ["WorkflowType = 'chatSessionWorkflow'"];
  for (const [key, value] of keywordsOf(filter)) {
    conditions.push(keywordCondition(SESSION_SEARCH_ATTRIBUTES[key].name, value));
  }
  if (status !== undefined) conditions.push(STATUS_CONDITIONS[status]);
  if (minTurns !== undefined) {
    if (!Number.isSafeInteger(minTurns))
      throw new ColloquyError('InvalidRequest', `minTurns is ${minTurns}: give a whole number.`);
    conditions.push(`${SESSION_SEARCH_ATTRIBUTES.turns.name} >= ${minTurns}`);
  }
  return conditions.join(' AND ');
}

/** Whether a session that the server found has exactly the requested values. */
export function fitsFilter(session: SessionSummary, filter: SessionFilter): boolean {
  return keywordsOf(filter).every(([key, value]) => session[key] === value);
}

type Keyword = readonly [key: 'userId' | 'modelId' | 'persona', value: string];

/** Values as they are indexed. */
function keywordsOf({ userId, modelId, persona }: SessionFilter): Keyword[] {
  const keywords: Keyword[] = [];
  if (userId !== undefined) keywords.push(['userId', keyword(userId)]);
  if (modelId !== undefined) keywords.push(['modelId', keyword(modelId)]);
  if (persona !== undefined) keywords.push(['persona', personaName(persona)]);
  return keywords;
}

// Uses attributes of the server itself where possible, since these exist for sessions of any version.
const STATUS_CONDITIONS: Readonly<Record<SessionStatusFilter, string>> = {
  open: "ExecutionStatus = 'Running'",
  'awaiting-approval': `ExecutionStatus = 'Running' AND ${SESSION_SEARCH_ATTRIBUTES.status.name} = 'awaiting-approval'`,
  ended: "ExecutionStatus = 'Completed'",
  cancelled: "ExecutionStatus = 'Canceled'",
  failed: "ExecutionStatus IN ('Failed', 'TimedOut')",
  terminated: "ExecutionStatus = 'Terminated'",
};

/**
 * The query parser reads MySQL string literals, with backslashes, but SQLite, the store of the server of `npm start`, does not: a value with a
 * backslash or a double quote is not found. For such a value, the query asks for the part before that character.
 */
function keywordCondition(name: string, value: string): string {
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u001F\u007F]/u.test(value)) {
    throw new ColloquyError('InvalidRequest', `${JSON.stringify(value)} holds control characters: no session has it.`);
  }
  const [plain = ''] = value.split(/[\\"]/u);
  if (plain === value) return `${name} = ${quoted(value)}`;
  // These characters have a meaning in patterns.
  const [prefix = ''] = plain.split(/[%_!]/u);
  return prefix === '' ? `${name} IS NOT NULL` : `${name} STARTS_WITH ${quoted(prefix)}`;
}

/** For text without backslashes. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
