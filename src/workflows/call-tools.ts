import { ActivityFailure, ApplicationFailure, TimeoutFailure, condition, proxyActivities } from '@temporalio/workflow';
import type { DecideActivities } from '../activities/decide.js';
import type { ToolActivities } from '../activities/tools.js';
import { NO_USAGE, addUsage } from '../domain/conversation.js';
import type { Turn, Usage } from '../domain/conversation.js';
import type { ServiceLimits } from '../domain/session-settings.js';
import { TOOLS_TASK_QUEUE } from '../domain/task-queues.js';
import { excerpt } from '../domain/text.js';
import type { ToolCall, ToolDescription } from '../domain/tool-call.js';
import type { ApprovalDecision, DecideInput } from '../domain/tool-turn.js';
import { onModelWorkers } from './on-model-workers.js';

const { describeTools } = proxyActivities<ToolActivities>({
  taskQueue: TOOLS_TASK_QUEUE,
  startToCloseTimeout: '30 seconds',
});

const { decide } = proxyActivities<DecideActivities>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '6 seconds',
  retry: { initialInterval: '500 milliseconds', maximumInterval: '30 seconds', maximumAttempts: 20 },
});

/** More than the tool's own limit, which says better what was late. */
const SPARE_MS = 5_000;

/** What a turn with tools needs of its session. */
export interface ToolTurn {
  readonly turn: Turn;
  readonly userId: string;
  readonly limits: ServiceLimits;
  /** The question to the model, as the state of the session is now. */
  readonly question: (callCount: number) => DecideInput;
  /** The worker that holds the conversation, if one does. */
  readonly workerQueue: () => string | undefined;
  readonly onWorkerQueue: (workerQueue: string | undefined) => void;
  /** Takes a call's newest state into the transcript. */
  readonly record: (call: ToolCall) => void;
  /** What was said of a call that waits for it, if somebody said something. */
  readonly approvalOf: (callId: string) => ApprovalDecision | undefined;
  /** The workflow's clock. */
  readonly now: () => string;
}

export function describe(names: readonly string[]): Promise<readonly ToolDescription[]> {
  return describeTools.executeWithOptions({ summary: names.join(', ') }, [names]);
}

/**
 * Lets the model call tools until it wants to answer, or has called as many as a turn may. A call that fails, is refused or late is told
 * to the model, which goes on. @returns what the decisions cost
 */
export async function callTools(tools: readonly ToolDescription[], session: ToolTurn): Promise<Usage> {
  const { turn, userId, limits, now } = session;
  let usage = NO_USAGE;
  for (let callCount = 0; callCount < limits.maxToolCalls; callCount++) {
    const output = await onModelWorkers(decide, session.question(callCount), {
      summary: `Turn ${turn.turn}: which tool?`,
      workerQueue: session.workerQueue(),
      userId,
    });
    usage = addUsage(usage, output.usage);
    session.onWorkerQueue(output.workerQueue);
    const { decision } = output;
    if (decision.action === 'answer') break;
    const description = tools.find(({ name }) => name === decision.tool);
    if (description === undefined) break;
    const call: ToolCall = {
      callId: `${turn.turn}.${callCount + 1}`,
      tool: decision.tool,
      arguments: decision.arguments,
      state: description.needsApproval ? 'waiting-approval' : 'running',
      startedAt: now(),
    };
    session.record(call);
    const allowed = description.needsApproval ? await approved(call, session) : call;
    session.record(allowed.state === 'running' ? await run(allowed, description, session) : allowed);
  }
  return usage;
}

async function approved(call: ToolCall, { limits, approvalOf, record, now }: ToolTurn): Promise<ToolCall> {
  const waitMs = limits.approvalSeconds * 1000;
  const isAnswered = await condition(() => approvalOf(call.callId) !== undefined, waitMs);
  const word = approvalOf(call.callId);
  if (!isAnswered || word === undefined) {
    return { ...call, state: 'timed-out', error: 'Nobody approved it in time.', endedAt: now() };
  }
  if (!word.approve) {
    return { ...call, state: 'refused', reason: word.reason ?? 'No reason was given.', endedAt: now() };
  }
  const running: ToolCall = { ...call, state: 'running' };
  record(running);
  return running;
}

async function run(
  call: ToolCall,
  { timeoutMs, maxAttempts }: ToolDescription,
  { turn, question, now }: ToolTurn,
): Promise<ToolCall> {
  const { callTool } = proxyActivities<ToolActivities>({
    taskQueue: TOOLS_TASK_QUEUE,
    startToCloseTimeout: timeoutMs + SPARE_MS,
    heartbeatTimeout: '6 seconds',
    retry: { maximumAttempts: maxAttempts },
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  });
  const { callId, tool, arguments: args } = call;
  const { sessionId } = question(0);
  try {
    const { result } = await callTool.executeWithOptions({ summary: `${tool} ${excerpt(JSON.stringify(args), 100)}` }, [
      { callId, tool, arguments: args, sessionId, turn: turn.turn },
    ]);
    return { ...call, state: 'done', result, endedAt: now() };
  } catch (error) {
    const cause = error instanceof ActivityFailure ? error.cause : undefined;
    const isLate =
      cause instanceof TimeoutFailure || (cause instanceof ApplicationFailure && cause.type === 'Tool.TimedOut');
    if (!isLate && !(cause instanceof ApplicationFailure)) throw error;
    return { ...call, state: isLate ? 'timed-out' : 'failed', error: cause.message, endedAt: now() };
  }
}
