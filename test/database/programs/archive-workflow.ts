import { proxyActivities, setHandler } from '@temporalio/workflow';
import type { ArchiveActivities } from '../../../src/activities/session/archive.js';
import type { ArchivedPath, ArchivedTurn, ArchivedTurnsPage } from '../../../src/domain/session/archive.js';
import { ARCHIVE_TASK_QUEUE } from '../../../src/domain/task-queues.js';
import { getTurnsQuery } from '../../../src/workflows/session/session-messages.js';

/** A session that holds these turns. */
export interface HeldTurns {
  readonly sessionId: string;
  readonly userId?: string;
  readonly turns: readonly ArchivedTurn[];
}

const archive = proxyActivities<ArchiveActivities>({
  taskQueue: ARCHIVE_TASK_QUEUE,
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '200 milliseconds', maximumInterval: '1 second' },
});

/** What a session's workflow does with the archive, in one go. */
export async function archiveWorkflow(input: HeldTurns): Promise<{
  added: number;
  page: ArchivedTurnsPage;
  path: ArchivedPath;
  found: { readonly turn?: number };
}> {
  const { sessionId, userId, turns } = input;
  const last = turns.at(-1);
  setHandler(getTurnsQuery, ({ fromTurn, throughTurn }) => ({
    turns: turns.filter(({ turn }) => turn >= fromTurn && turn <= throughTurn),
  }));
  const { added } = await archive.archiveTurns({ sessionId, userId, fromTurn: 1, throughTurn: last?.turn ?? 0 });
  return {
    added,
    page: await archive.readArchivedTurns({ sessionId }),
    path: await archive.readArchivedPath({ sessionId, head: last?.turn ?? 1 }),
    found: await archive.findArchivedMessage({ sessionId, messageId: last?.messageId ?? '' }),
  };
}

export async function deleteWorkflow(sessionId: string): Promise<number> {
  return (await archive.deleteArchivedSession({ sessionId })).deleted;
}
