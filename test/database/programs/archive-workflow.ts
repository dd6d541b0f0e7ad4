import { proxyActivities } from '@temporalio/workflow';
import type { ArchiveActivities } from '../../../src/activities/archive.js';
import type { ArchiveTurnsInput, ArchivedPath, ArchivedTurnsPage } from '../../../src/domain/archive.js';
import { ARCHIVE_TASK_QUEUE } from '../../../src/domain/task-queues.js';

const archive = proxyActivities<ArchiveActivities>({
  taskQueue: ARCHIVE_TASK_QUEUE,
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '200 milliseconds', maximumInterval: '1 second' },
});

/** What a session's workflow does with the archive, in one go. */
export async function archiveWorkflow(input: ArchiveTurnsInput): Promise<{
  added: number;
  page: ArchivedTurnsPage;
  path: ArchivedPath;
  found: { readonly turn?: number };
}> {
  const { sessionId, turns } = input;
  const { added } = await archive.archiveTurns(input);
  const last = turns.at(-1);
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
