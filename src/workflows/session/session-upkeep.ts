import { CancellationScope, isCancellation, log, proxyActivities } from '@temporalio/workflow';
import type { ArchiveActivities } from '../../activities/session/archive.js';
import type { SummaryActivities } from '../../activities/session/summary.js';
import { hashPreamble } from '../../domain/conversation-hash.js';
import { isOpen } from '../../domain/session/conversation.js';
import { backgroundPriority } from '../../domain/priorities.js';
import { hashAfter, recordSummary } from '../../domain/session/session.js';
import type { SessionState } from '../../domain/session/session.js';
import { DEFAULT_MAX_OUTPUT_TOKENS } from '../../domain/session/session-settings.js';
import { ARCHIVE_TASK_QUEUE, modelTaskQueue } from '../../domain/task-queues.js';

/** Number of closed turns at which the archive is notified. */
const ARCHIVE_EVERY = 50;

const { archiveTurns } = proxyActivities<ArchiveActivities>({
  taskQueue: ARCHIVE_TASK_QUEUE,
  startToCloseTimeout: '5 minutes',
  // If the archive is down for longer, later turns trigger another attempt. Meanwhile, the session holds the turns.
  scheduleToCloseTimeout: '10 minutes',
  heartbeatTimeout: '30 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '30 seconds' },
});

const { archiveTurns: archiveLastTurns } = proxyActivities<ArchiveActivities>({
  taskQueue: ARCHIVE_TASK_QUEUE,
  startToCloseTimeout: '5 minutes',
  scheduleToCloseTimeout: '1 day',
  heartbeatTimeout: '30 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '5 minutes' },
});

const { summarise } = proxyActivities<SummaryActivities>({
  startToCloseTimeout: '10 minutes',
  scheduleToStartTimeout: '1 minute',
  heartbeatTimeout: '6 seconds',
  retry: { maximumAttempts: 3 },
});

/** Owner of the newest state. */
export interface SessionHolder {
  readonly sessionId: string;
  state: SessionState;
}

/** Background work of a session. None of it delays a turn. */
export interface SessionUpkeep {
  /** Whether work is in progress that should end before the next run begins. */
  isBusy(): boolean;
  /** Cancels work in progress; the next run starts it again. */
  cancel(): void;
  /** Hands closed turns to the archive, if there are enough of them or `all` is set. */
  archive(options?: { readonly all?: boolean }): void;
  /** Hands the remaining turns to the archive and waits for it. */
  archiveRest(): Promise<void>;
  /** Replaces the oldest turns of the prompt by a summary. */
  summarise(): void;
}

export function createSessionUpkeep(
  session: SessionHolder,
  options: { readonly archives: boolean; readonly onChange: () => void },
): SessionUpkeep {
  const { sessionId } = session;
  const running = new Map<'archive' | 'summary', CancellationScope>();

  function start(name: 'archive' | 'summary', work: () => Promise<void>): void {
    if (running.has(name)) return;
    const scope = new CancellationScope();
    running.set(name, scope);
    void scope
      .run(work)
      .catch((error: unknown) => {
        if (isCancellation(error)) return;
        const reason = error instanceof Error ? (error.cause ?? error) : error;
        log.warn(`The ${name} of the session failed; it is tried again later`, { reason: String(reason) });
      })
      .finally(() => {
        running.delete(name);
        options.onChange();
      });
  }

  async function handOver(activity: typeof archiveTurns): Promise<void> {
    const { archivedThrough } = session.state;
    const throughTurn = closedThrough(session.state);
    if (throughTurn <= archivedThrough) return;
    await activity.executeWithOptions({ summary: `Turns ${archivedThrough + 1} to ${throughTurn}` }, [
      { sessionId, userId: session.state.settings.userId, fromTurn: archivedThrough + 1, throughTurn },
    ]);
    session.state = { ...session.state, archivedThrough: throughTurn };
  }

  return {
    isBusy: () => running.size > 0,
    cancel: () => {
      for (const scope of running.values()) scope.cancel();
    },
    archive: ({ all = false } = {}) => {
      const waiting = closedThrough(session.state) - session.state.archivedThrough;
      if (options.archives && waiting >= (all ? 1 : ARCHIVE_EVERY)) start('archive', () => handOver(archiveTurns));
    },
    archiveRest: async () => {
      if (options.archives) await handOver(archiveLastTurns);
    },
    summarise: () => {
      start('summary', async () => {
        const { settings, tools, head, contextFromTurn, summary, workerQueue } = session.state;
        const { modelId, persona, userId, maxOutputTokens = DEFAULT_MAX_OUTPUT_TOKENS } = settings;
        const output = await summarise.executeWithOptions(
          {
            taskQueue: workerQueue ?? modelTaskQueue(modelId),
            summary: `Summary of turns from ${contextFromTurn}`,
            priority: backgroundPriority(userId ?? sessionId),
          },
          [
            {
              sessionId,
              modelId,
              head,
              contextFromTurn,
              pathHash: hashAfter(session.state, head),
              preambleHash: hashPreamble({ persona, tools, summary: summary?.text }),
              maxOutputTokens,
            },
          ],
        );
        if (output.summary) session.state = recordSummary(session.state, output.summary, output.usage);
      });
    },
  };
}

/** All turns up to this one are closed. */
function closedThrough({ turns, turnCount }: SessionState): number {
  return (turns.find(isOpen)?.turn ?? turnCount + 1) - 1;
}
