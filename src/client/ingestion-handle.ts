import type { Client } from '@temporalio/client';
import { WorkflowFailedError } from '@temporalio/client';
import { CancelledFailure, TerminatedFailure, defaultPayloadConverter } from '@temporalio/common';
import type { DocumentProgress, IngestionStatus } from '../domain/knowledge/ingestion.js';
import type { ingestDocumentsWorkflow } from '../workflows/knowledge/ingest-documents.js';
import { getIngestionQuery } from '../workflows/knowledge/ingestion-messages.js';
import { toKnowledgeError } from './knowledge-error.js';

export interface IngestionProgress extends IngestionStatus {
  /** Progress of the documents that are being read. */
  readonly reading: readonly DocumentProgress[];
}

/** A running or ended ingestion. All methods throw `ColloquyError`. */
export interface IngestionHandle {
  readonly workflowId: string;
  /** Whether the ingestion was already running. */
  readonly wasRunning: boolean;
  progress(): Promise<IngestionProgress>;
  /** Resolves at its end. Undefined: it was cancelled; adding the same sources again continues it. */
  result(): Promise<IngestionStatus | undefined>;
  /** Resolves when the ingestion has stopped. Published documents stay. */
  cancel(): Promise<void>;
}

export function createIngestionHandle(
  workflowId: string,
  { client, address, wasRunning }: { readonly client: Client; readonly address: string; readonly wasRunning: boolean },
): IngestionHandle {
  const handle = client.workflow.getHandle<typeof ingestDocumentsWorkflow>(workflowId);
  const result = async (): Promise<IngestionStatus | undefined> => {
    try {
      return await handle.result();
    } catch (error) {
      const cause = error instanceof WorkflowFailedError ? error.cause : undefined;
      if (cause instanceof CancelledFailure || cause instanceof TerminatedFailure) return undefined;
      throw toKnowledgeError(error, { address });
    }
  };
  return {
    workflowId,
    wasRunning,
    result,
    async progress() {
      try {
        const [status, { raw }] = await Promise.all([handle.query(getIngestionQuery), handle.describe()]);
        const beats = (raw.pendingActivities ?? []).flatMap(({ heartbeatDetails }) => heartbeatDetails?.payloads ?? []);
        return {
          ...status,
          reading: beats.map((beat) => defaultPayloadConverter.fromPayload(beat)).filter(isProgress),
        };
      } catch (error) {
        throw toKnowledgeError(error, { address });
      }
    },
    async cancel() {
      try {
        await handle.cancel();
      } catch (error) {
        throw toKnowledgeError(error, { address });
      }
      await result();
    },
  };
}

function isProgress(value: unknown): value is DocumentProgress {
  return typeof value === 'object' && value !== null && 'uri' in value && 'share' in value && 'chunks' in value;
}
