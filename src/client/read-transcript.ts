import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { ArchivedPath, ArchivedTurnsPage, UserUsage, UserUsageRequest } from '../domain/session/archive.js';
import { toMessages } from '../domain/session/conversation.js';
import type { Message, Turn } from '../domain/session/conversation.js';
import { sessionWorkflowId } from '../domain/session/session-id.js';
import type { SessionSettings } from '../domain/session/session-settings.js';
import { SESSIONS_TASK_QUEUE } from '../domain/task-queues.js';
import type { TranscriptPage, TurnsPage } from '../domain/session/transcript.js';
import type {
  readArchivedPathWorkflow,
  readArchivedTurnsWorkflow,
  readUserUsageWorkflow,
} from '../workflows/session/read-archive.js';
import { getTranscriptQuery, getTurnsQuery } from '../workflows/session/session-messages.js';
import { isNotFound } from './to-colloquy-error.js';

export interface Transcript {
  readonly sessionId: string;
  /** Missing if Temporal has forgotten the session and only the archive knows it. */
  readonly settings?: SessionSettings;
  /** Last turn of the branch; 0 if the branch is empty. */
  readonly head: number;
  readonly messages: readonly Message[];
}

/** Reads a branch of a session: turns that the session no longer holds from the archive, the rest from the session. */
export async function readTranscript(client: Client, sessionId: string, head?: number): Promise<Transcript> {
  const handle = client.workflow.getHandle(sessionWorkflowId(sessionId));
  const messages: Message[] = [];
  let page: TranscriptPage | undefined;
  try {
    do {
      page = await handle.query(getTranscriptQuery, { head, fromTurn: page?.nextTurn ?? 1 });
      messages.push(...page.messages);
    } while (page.nextTurn !== undefined);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    const turns = await readArchivedTurns(client, sessionId).catch(() => []);
    const last = head ?? turns.at(-1)?.turn;
    if (last === undefined) throw error;
    return { sessionId, head: last, messages: toMessages(await readArchivedPath(client, sessionId, last)) };
  }
  const { settings, archivedHead } = page;
  const archived = archivedHead === undefined ? [] : await readArchivedPath(client, sessionId, archivedHead);
  return { sessionId, settings, head: page.head, messages: [...toMessages(archived), ...messages] };
}

/** All turns of a session, of all branches, by number. */
export async function readTurns(client: Client, sessionId: string): Promise<Turn[]> {
  const handle = client.workflow.getHandle(sessionWorkflowId(sessionId));
  const held: Turn[] = [];
  try {
    for (let fromTurn: number | undefined = 1; fromTurn !== undefined;) {
      const page: TurnsPage = await handle.query(getTurnsQuery, { fromTurn, throughTurn: Number.MAX_SAFE_INTEGER });
      held.push(...page.turns);
      fromTurn = page.nextTurn;
    }
  } catch (error) {
    if (!isNotFound(error)) throw error;
    const archived = await readArchivedTurns(client, sessionId).catch(() => []);
    if (archived.length === 0) throw error;
    return archived;
  }
  const numbers = new Set(held.map(({ turn }) => turn));
  const last = held.at(-1)?.turn ?? 0;
  // Without a gap, the archive has nothing that the session lacks.
  if (numbers.size === last) return held;
  const archived = await readArchivedTurns(client, sessionId);
  return [...archived.filter(({ turn }) => !numbers.has(turn)), ...held].toSorted((a, b) => a.turn - b.turn);
}

async function readArchivedPath(client: Client, sessionId: string, head: number): Promise<Turn[]> {
  const pages: (readonly Turn[])[] = [];
  for (let next: number | undefined = head; next !== undefined;) {
    const page: ArchivedPath = await client.workflow.execute<typeof readArchivedPathWorkflow>(
      'readArchivedPathWorkflow',
      readingOf(sessionId, { sessionId, head: next }),
    );
    pages.push(page.turns);
    next = page.turns.length === 0 ? undefined : page.olderTurn;
  }
  return pages.toReversed().flat();
}

async function readArchivedTurns(client: Client, sessionId: string): Promise<Turn[]> {
  const turns: Turn[] = [];
  for (let fromTurn: number | undefined = 1; fromTurn !== undefined;) {
    const page: ArchivedTurnsPage = await client.workflow.execute<typeof readArchivedTurnsWorkflow>(
      'readArchivedTurnsWorkflow',
      readingOf(sessionId, { sessionId, fromTurn }),
    );
    turns.push(...page.turns);
    fromTurn = page.nextTurn;
  }
  return turns;
}

/** Cost of a user's answers: archived ones, and those that open sessions still hold. */
export async function readUserUsage(client: Client, request: UserUsageRequest): Promise<UserUsage> {
  return client.workflow.execute<typeof readUserUsageWorkflow>('readUserUsageWorkflow', {
    ...readingOf('usage', request),
    staticSummary: `Usage of ${request.userId}`,
  });
}

function readingOf<Request>(sessionId: string, request: Request) {
  return {
    taskQueue: SESSIONS_TASK_QUEUE,
    workflowId: `read-archive/${sessionId}/${randomUUID()}`,
    staticSummary: `Archived turns of ${sessionId}`,
    args: [request] as [Request],
    workflowExecutionTimeout: '2 minutes' as const,
  };
}
