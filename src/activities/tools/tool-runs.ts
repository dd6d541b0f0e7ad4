import type { Context } from '@temporalio/activity';
import { ToolError } from '../../tools/tool-error.js';

/** Heartbeat details of a tool call: how often the tool has been started, including this time. */
export interface ToolRuns {
  readonly runs: number;
}

type AttemptInfo = Pick<
  Context['info'],
  'attempt' | 'heartbeatDetails' | 'scheduledTimestampMs' | 'currentAttemptScheduledTimestampMs'
>;

/**
 * Counts this attempt to call a tool, unless the tool has been started as often as it may be. Temporal's limit bounds only its own retries:
 * an activity that an operator pauses and unpauses, or resets, starts again with attempt 1 whatever the limit is, and without its
 * heartbeats if the operator chooses so. Then only the times show that there was an earlier attempt: they are equal in a first attempt.
 *
 * @throws {ToolError} `Tool.OutcomeUnknown`
 */
export function countRun(info: AttemptInfo, tool: { readonly name: string; readonly maxAttempts: number }): ToolRuns {
  const before = runsBefore(info);
  if (before < tool.maxAttempts) return { runs: before + 1 };
  throw new ToolError(
    'Tool.OutcomeUnknown',
    `Tool "${tool.name}" may be started ${times(tool.maxAttempts)} for a call, and was started ${times(before)} before its activity was ` +
      'paused or reset. It is not started again, and the outcome of the earlier run is unknown: look at what it has done.',
  );
}

function runsBefore({
  attempt,
  heartbeatDetails,
  scheduledTimestampMs,
  currentAttemptScheduledTimestampMs,
}: AttemptInfo): number {
  const wasScheduledAgain = currentAttemptScheduledTimestampMs > scheduledTimestampMs;
  return Math.max(runsIn(heartbeatDetails), attempt - 1, wasScheduledAgain ? 1 : 0);
}

function runsIn(details: unknown): number {
  if (typeof details !== 'object' || details === null || !('runs' in details)) return 0;
  return typeof details.runs === 'number' ? details.runs : 0;
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
