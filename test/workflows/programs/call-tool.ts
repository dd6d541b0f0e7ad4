import { proxyActivities } from '@temporalio/workflow';
import type { ToolActivities } from '../../../src/activities/tools/tools.js';
import type { CallToolInput, CallToolOutput } from '../../../src/domain/tools/tool-call.js';

/** Calls a tool as a chat turn does: by its own description. */
export async function callToolWorkflow(taskQueue: string, input: CallToolInput): Promise<CallToolOutput> {
  const { describeTools } = proxyActivities<ToolActivities>({ taskQueue, startToCloseTimeout: '10 seconds' });
  const [tool] = await describeTools([input.tool]);
  const { callTool } = proxyActivities<ToolActivities>({
    taskQueue,
    startToCloseTimeout: (tool?.timeoutMs ?? 0) + 5000,
    heartbeatTimeout: '6 seconds',
    retry: { maximumAttempts: tool?.maxAttempts, initialInterval: '50 milliseconds' },
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  });
  return callTool(input);
}
