import { Context, log } from '@temporalio/activity';
import type { CallToolInput, CallToolOutput, ToolDescription } from '../../domain/tools/tool-call.js';
import { callTool } from '../../tools/call-tool.js';
import type { ToolRegistry } from '../../tools/tool-registry.js';
import { startHeartbeat } from '../heartbeat.js';
import { countRun } from './tool-runs.js';
import type { ToolRuns } from './tool-runs.js';
import { toFailure } from '../to-failure.js';

export interface ToolActivities {
  /** In the order of the names. Fails for good with `Tool.NotFound`, which lists the known ones, when one is not known. */
  describeTools(names: readonly string[]): Promise<readonly ToolDescription[]>;
  /**
   * One attempt at a call. Beats every second; when cancelled, so is the tool. Bounded by the tool's own `timeoutMs`: give the activity a
   * little more, and as many attempts as its `maxAttempts`. An attempt beyond them, which Temporal makes when an operator pauses or resets
   * the activity, fails for good with `Tool.OutcomeUnknown`, and the tool is not started.
   */
  callTool(input: CallToolInput): Promise<CallToolOutput>;
}

export function createToolActivities(registry: ToolRegistry): ToolActivities {
  return {
    async describeTools(names) {
      try {
        return registry.describe(names);
      } catch (error) {
        throw toFailure(error);
      }
    },
    async callTool({ tool, arguments: args, callId, sessionId, turn }) {
      const context = Context.current();
      let counted: ToolRuns | undefined;
      const heartbeat = startHeartbeat(context, () => counted ?? context.info.heartbeatDetails);
      const startedAt = performance.now();
      try {
        const found = registry.get(tool);
        counted = countRun(context.info, found);
        // Before the tool has any effect.
        context.heartbeat(counted);
        const result = await callTool(found, args, {
          signal: context.cancellationSignal,
          idempotencyKey: `${sessionId}/${turn}/${callId}`,
        });
        log.info('Tool called', { tool, callId, turn, durationMs: Math.round(performance.now() - startedAt) });
        return { result };
      } catch (error) {
        // Rejects with what cancelled it: the session, the server's timeout, or the end of the worker.
        if (context.cancellationSignal.aborted) await context.cancelled;
        throw toFailure(error);
      } finally {
        heartbeat.stop();
      }
    },
  };
}
