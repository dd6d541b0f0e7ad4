import {
  ActivityFailure,
  ApplicationFailure,
  continueAsNew,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { IngestionActivities } from '../../activities/knowledge/ingestion.js';
import { FAILURES, isFailureType } from '../../domain/failure-types.js';
import type { FailureFacts } from '../../domain/failure-types.js';
import { beginIngestion, count, ingestionDetails, recordFault, recordNotes } from '../../domain/knowledge/ingestion.js';
import type { IngestionRequest, IngestionStatus } from '../../domain/knowledge/ingestion.js';
import { documentName } from '../../domain/knowledge/document-name.js';
import { excerpt } from '../../domain/text.js';
import { INGESTION_TASK_QUEUE } from '../../domain/task-queues.js';
import { getIngestionQuery } from './ingestion-messages.js';

export interface IngestDocumentsInput extends IngestionRequest {
  /** Default: 2, so that one is read while the other is embedded. */
  readonly documentsAtOnce?: number;
  /** Default: `MAX_HISTORY_LENGTH`. For tests. */
  readonly maxHistoryLength?: number;
  /** State of the previous run. */
  readonly carried?: { readonly status: IngestionStatus; readonly after?: string };
}

/** About 500 documents, whose history another worker can replay in a moment. */
const MAX_HISTORY_LENGTH = 4_000;
const DOCUMENTS_AT_ONCE = 2;
/** Interval between checks for an unavailable service, after the attempts of the activity. */
const WAIT_MS = 15_000;
/** Number of workers that may die while they read the same document, before the document counts as the cause. */
const MAX_DEATHS = 4;

const retry = { initialInterval: '500 milliseconds', maximumInterval: '10 seconds', maximumAttempts: 5 } as const;

const { ingestDocument } = proxyActivities<IngestionActivities>({
  taskQueue: INGESTION_TASK_QUEUE,
  // A large document takes hours on a small machine. Heartbeats show whether its worker is alive.
  startToCloseTimeout: '30 days',
  heartbeatTimeout: '10 seconds',
  // After a cancellation, nothing may be published any more.
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  retry,
});

const { findDocuments, tidyKnowledgeBase } = proxyActivities<IngestionActivities>({
  taskQueue: INGESTION_TASK_QUEUE,
  // Building an index over many vectors takes long.
  startToCloseTimeout: '1 day',
  heartbeatTimeout: '10 seconds',
  retry,
});

/**
 * Reads documents into a knowledge base. After a cancellation, adding them again continues: unchanged documents are only checked. The history contains
 * names, not texts.
 */
export async function ingestDocumentsWorkflow(input: IngestDocumentsInput): Promise<IngestionStatus> {
  const { knowledgeBase, sources, metadata, carried } = input;
  const { documentsAtOnce = DOCUMENTS_AT_ONCE, maxHistoryLength = MAX_HISTORY_LENGTH } = input;
  let status = carried?.status ?? beginIngestion(input);
  setHandler(getIngestionQuery, () => status);
  const change = (changed: IngestionStatus): void => {
    status = changed;
    setCurrentDetails(ingestionDetails(status));
  };
  change(status);

  /** Reads a document until it is done, or fails for its own reason. */
  async function waiting<Result>(action: () => Promise<Result>): Promise<Result> {
    for (let deaths = 0; ;) {
      try {
        const result = await action();
        if (status.waitingFor !== undefined) change({ ...status, waitingFor: undefined });
        return result;
      } catch (error) {
        const { type, reason } = failureOf(error);
        if (isCancellation(error) || ingestionFate(type) === 'ends') throw error;
        const hasDied = type === WORKER_DIED && ++deaths < MAX_DEATHS;
        if (ingestionFate(type) !== 'waits' && !hasDied) throw error;
        change({ ...status, waitingFor: excerpt(reason, 400) });
        await sleep(WAIT_MS);
      }
    }
  }

  async function ingest(uri: string): Promise<void> {
    change({ ...status, current: [...status.current, uri] });
    const name = documentName(uri, status.sources);
    try {
      const { outcome, chunks, notes } = await waiting(() =>
        ingestDocument.executeWithOptions({ summary: excerpt(name, 200) }, [
          { knowledgeBase, uri, name, ...(metadata && { metadata }) },
        ]),
      );
      status = recordNotes(count(status, { [outcome]: 1 }, outcome === 'unchanged' ? 0 : chunks), uri, notes);
    } catch (error) {
      const { type, reason } = failureOf(error);
      if (isCancellation(error) || ingestionFate(type) === 'ends') throw error;
      status = recordFault(count(status, { failed: 1 }), { source: uri, type, reason });
    }
    change({ ...status, current: status.current.filter((each) => each !== uri) });
  }

  let after = carried?.after;
  let isFirstPage = carried === undefined;
  try {
    while (isFirstPage || after !== undefined) {
      const page = await waiting(() =>
        findDocuments.executeWithOptions({ summary: isFirstPage ? 'List documents' : 'Next documents' }, [
          { knowledgeBase, sources, ...(metadata && { metadata }), ...(after !== undefined && { after }) },
        ]),
      );
      const { uris, unchanged, total, faults, failed } = page;
      status = faults.reduce(recordFault, count(status, { unchanged, total, failed }));
      change({ ...status, state: 'reading' });
      await inParallel(uris, documentsAtOnce, ingest);
      isFirstPage = false;
      ({ after } = page);
      const { historyLength, continueAsNewSuggested } = workflowInfo();
      if (after !== undefined && (continueAsNewSuggested || historyLength >= maxHistoryLength)) {
        return await continueAsNew<typeof ingestDocumentsWorkflow>({ ...input, carried: { status, after } });
      }
    }
    change({ ...status, state: 'tidying' });
    const { removed } = await waiting(() =>
      tidyKnowledgeBase.executeWithOptions({ summary: 'Remove what is gone' }, [{ knowledgeBase, sources }]),
    );
    change({ ...count(status, { removed }), state: 'ended' });
  } catch (error) {
    if (error instanceof ActivityFailure && error.cause instanceof ApplicationFailure) throw error.cause;
    throw error;
  }
  return status;
}

/** Classifies the failure of an activity. */
const WORKER_DIED = 'WorkerDied';

function failureOf(error: unknown): { readonly type: string; readonly reason: string } {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) return { type: cause.type ?? 'Unexpected', reason: cause.message };
  if (error instanceof ActivityFailure) {
    return { type: WORKER_DIED, reason: 'the retrieval worker ended while reading this document; trying again' };
  }
  return { type: 'Unexpected', reason: cause instanceof Error ? cause.message : String(cause) };
}

/** Processes the items in order, several at a time. After the first failure, waits for the running ones and stops. */
async function inParallel<T>(items: readonly T[], atOnce: number, action: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  let hasFailed = false;
  const work = async (): Promise<void> => {
    for (const item of queue) {
      if (hasFailed) return;
      try {
        await action(item);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  const results = await Promise.allSettled(Array.from({ length: atOnce }, work));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

function ingestionFate(type: string): FailureFacts['ingestion'] {
  return isFailureType(type) ? FAILURES[type].ingestion : undefined;
}
