import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { WorkflowNotFoundError, isGrpcServiceError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { sessionWorkflowId } from '../../domain/session/session-id.js';

/** Operations on a session that only a Temporal client can perform. All are safe to repeat. */
export interface SessionAdminActivities {
  /** Ends the session's workflow at once, if it is running. */
  terminateSession(input: { readonly sessionId: string }): Promise<void>;
  /** Deletes the workflow's runs with their histories. @returns the number of deleted runs */
  deleteRuns(input: { readonly sessionId: string }): Promise<{ readonly runs: number }>;
}

/** gRPC status code. source: https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
const NOT_FOUND = 5;

export function createSessionAdminActivities(
  getClient: () => Client = () => Context.current().client,
): SessionAdminActivities {
  return {
    async terminateSession({ sessionId }) {
      try {
        await getClient().workflow.getHandle(sessionWorkflowId(sessionId)).terminate('The session is deleted.');
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
    },
    async deleteRuns({ sessionId }) {
      const client = getClient();
      const workflowId = sessionWorkflowId(sessionId);
      const runIds = new Set<string>();
      // Session ids contain no quotes. The list may lack a run that ended a moment ago.
      for await (const { runId } of client.workflow.list({ query: `WorkflowId = '${workflowId}'` })) {
        await deleteRun(client, workflowId, runId);
        runIds.add(runId);
        Context.current().heartbeat();
      }
      for (let runId = await newestRun(client, workflowId); runId !== undefined;) {
        await deleteRun(client, workflowId, runId);
        runIds.add(runId);
        await sleep(250);
        Context.current().heartbeat();
        runId = await newestRun(client, workflowId);
      }
      const runs = runIds.size;
      return { runs };
    },
  };
}

async function newestRun(client: Client, workflowId: string): Promise<string | undefined> {
  try {
    return (await client.workflow.getHandle(workflowId).describe()).runId;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

async function deleteRun(client: Client, workflowId: string, runId: string): Promise<void> {
  const { namespace } = client.options;
  try {
    await client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution: { workflowId, runId } });
  } catch (error) {
    if (!isGrpcServiceError(error) || error.code !== NOT_FOUND) throw error;
  }
}
