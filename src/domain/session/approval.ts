import { DEFAULT_APPROVAL_SECONDS, DEFAULT_MAX_TOOL_CALLS } from './session-settings.js';
import type { ServiceLimits } from './session-settings.js';
import type { Refusal } from './session-rules.js';

/** Tool calls that wait for a person. */

/** Why no decision on this call is possible, or undefined if it waits for one. @param waiting ids of the waiting calls */
export function refusalOfApproval(callId: string, waiting: readonly string[]): Refusal | undefined {
  if (waiting.includes(callId)) return undefined;
  const known = waiting.length === 0 ? 'none waits' : `waiting: ${waiting.join(', ')}`;
  return { type: 'InvalidRequest', message: `No call ${JSON.stringify(callId)} waits for approval; ${known}.` };
}

/** Maximum number of calls in a turn, and how long each waits for a person. */
export function toolLimitsOf({
  maxToolCalls = DEFAULT_MAX_TOOL_CALLS,
  approvalSeconds = DEFAULT_APPROVAL_SECONDS,
}: Partial<ServiceLimits>): ServiceLimits {
  return { maxToolCalls, approvalSeconds };
}
