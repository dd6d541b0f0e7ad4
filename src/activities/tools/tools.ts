import { Context, log } from '@temporalio/activity';
import type { CallToolInput, CallToolOutput, ToolDescription } from '../../domain/tools/tool-call.js';
import { callTool } from '../../tools/call-tool.js';
import type { ToolRegistry } from '../../tools/tool-registry.js';
import { countRun } from './tool-runs.js';
import type { ToolRuns } from './tool-runs.js';
import { toFailure } from '../to-failure.js';
import { withHeartbeat } from '../with-heartbeat.js';

export interface ToolActivities {
  /** In the order of the names. If a name is unknown, fails permanently with `Tool.NotFound`, which lists the known names. */
  describeTools(names: readonly string[]): Promise<readonly ToolDescription[]>;
  /**
   * Makes one attempt to call a tool. Sends a heartbeat every second; cancelling the activity cancels the tool. The tool's own
   * `timeoutMs` bounds the call: give the activity a slightly longer timeout, and as many attempts as the tool's `maxAttempts`. An
   * attempt beyond them, which Temporal makes when an operator pauses or resets the activity, fails permanently with
   * `Tool.OutcomeUnknown` and does not start the tool.
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
    callTool({ tool, arguments: args, callId, sessionId, turn }) {
      const context = Context.current();
      let counted: ToolRuns | undefined;
      return withHeartbeat(
        async (signal) => {
          const startedAt = performance.now();
          const found = registry.get(tool);
          counted = countRun(context.info, found);
          // Sent before the tool can have any effect.
          context.heartbeat(counted);
          const result = await callTool(found, args, { signal, idempotencyKey: `${sessionId}/${turn}/${callId}` });
          log.info('Tool called', { tool, callId, turn, durationMs: Math.round(performance.now() - startedAt) });
          return { result };
        },
        { details: () => counted ?? context.info.heartbeatDetails },
      );
    },
  };
}
