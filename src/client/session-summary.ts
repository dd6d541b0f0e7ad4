import type { WorkflowExecutionInfo } from '@temporalio/client';
import type { SessionStatusAttribute } from '../domain/search-attributes.js';
import { sessionIdOfWorkflow } from '../domain/session/session-id.js';
import { readSearchAttributes } from '../workflows/search-attributes.js';

/** What the server knows about a session without asking a worker. */
export interface SessionSummary {
  readonly sessionId: string;
  readonly state: 'open' | 'ended' | 'cancelled' | 'failed' | 'terminated';
  /** Beginning of the first message. */
  readonly title?: string;
  readonly modelId?: string;
  readonly userId?: string;
  /** Beginning of the persona, on one line. */
  readonly persona?: string;
  /** The session's own report of its state, which is finer than `state` while it is open. */
  readonly status?: SessionStatusAttribute;
  /** Number of turns, answered or not. A lower bound for an open session, which reports it in steps of 1, 2, 5, 10, 20, 50, 100, … */
  readonly turnCount?: number;
  /** `turnCount` is exact, because the session itself reported it: see `ListSessionsOptions.countTurns`. */
  readonly isCounted?: true;
  /** Time of the newest run, for a session that continued as new. */
  readonly startedAt: string;
  readonly endedAt?: string;
}

/** @returns undefined for a workflow that is not a session, or an earlier run of one. */
export function toSessionSummary(info: Omit<WorkflowExecutionInfo, 'raw'>): SessionSummary | undefined {
  const sessionId = sessionIdOfWorkflow(info.workflowId);
  if (sessionId === undefined || info.status.name === 'CONTINUED_AS_NEW') return undefined;
  const { title, modelId } = info.memo ?? {};
  // A session of an older version has only the memo.
  const { turns, ...attributes } = readSearchAttributes(info.typedSearchAttributes);
  return {
    sessionId,
    state: SESSION_STATES[info.status.name] ?? 'open',
    ...(typeof title === 'string' && { title }),
    ...(typeof modelId === 'string' && { modelId }),
    ...attributes,
    ...(turns !== undefined && { turnCount: turns }),
    startedAt: info.startTime.toISOString(),
    ...(info.closeTime && { endedAt: info.closeTime.toISOString() }),
  };
}

const SESSION_STATES: Readonly<Record<string, SessionSummary['state']>> = {
  COMPLETED: 'ended',
  CANCELLED: 'cancelled',
  FAILED: 'failed',
  TIMED_OUT: 'failed',
  TERMINATED: 'terminated',
};
