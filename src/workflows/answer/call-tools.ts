import { ActivityFailure, ApplicationFailure, TimeoutFailure, condition, proxyActivities } from '@temporalio/workflow';
import type { DecideActivities } from '../../activities/session/decide.js';
import type { ToolActivities } from '../../activities/tools/tools.js';
import { NO_USAGE, addUsage } from '../../domain/session/conversation.js';
import type { Usage } from '../../domain/session/conversation.js';
import type { ServiceLimits } from '../../domain/session/session-settings.js';
import { TOOLS_TASK_QUEUE } from '../../domain/task-queues.js';
import { excerpt } from '../../domain/text.js';
import type { ToolCall, ToolDescription } from '../../domain/tools/tool-call.js';
import type { ApprovalDecision, DecideInput, DecideOutput } from '../../domain/session/tool-turn.js';
import { onModelWorkers } from './on-model-workers.js';
import type { TurnDispatch } from './on-model-workers.js';

const { describeTools } = proxyActivities<ToolActivities>({
  taskQueue: TOOLS_TASK_QUEUE,
  startToCloseTimeout: '30 seconds',
});

const { decide } = proxyActivities<DecideActivities>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '6 seconds',
  retry: { initialInterval: '500 milliseconds', maximumInterval: '10 seconds', maximumAttempts: 40 },
});

/** Added to the tool's own limit, whose error message is more specific. */
const SPARE_MS = 5_000;

/** What a turn with tools needs from its owner: a session, or an expert of a panel. */
export interface ToolTurn {
  /** Together with the turn's number, the same for each attempt of a call. */
  readonly sessionId: string;
  readonly turn: number;
  readonly limits: ServiceLimits;
  /** Asks the model what to do next. */
  readonly decideNext: (callCount: number) => Promise<Pick<DecideOutput, 'decision' | 'usage'>>;
  /** Records the newest state of a call in the transcript. */
  readonly record: (call: ToolCall) => void;
  /** The decision on a call that waits for approval, if there is one. */
  readonly approvalOf: (callId: string) => ApprovalDecision | undefined;
  /** The workflow's clock. */
  readonly now: () => string;
}

export function describe(names: readonly string[]): Promise<readonly ToolDescription[]> {
  return describeTools.executeWithOptions({ summary: names.join(', ') }, [names]);
}

/** The next step of a model in a turn. */
export function decideTurn(input: DecideInput, dispatch: TurnDispatch): Promise<DecideOutput> {
  return onModelWorkers(decide, input, dispatch);
}

/**
 * Lets the model call tools until it wants to answer, or the limit of the turn is reached. The model is told about a call that fails, is refused or
 * is late, and continues. @returns the usage of the decisions
 */
export async function callTools(tools: readonly ToolDescription[], session: ToolTurn): Promise<Usage> {
  const { turn, limits, now } = session;
  let usage = NO_USAGE;
  for (let callCount = 0; callCount < limits.maxToolCalls; callCount++) {
    const output = await session.decideNext(callCount);
    usage = addUsage(usage, output.usage);
    const { decision } = output;
    if (decision.action === 'answer') break;
    const description = tools.find(({ name }) => name === decision.tool);
    if (description === undefined) break;
    const call: ToolCall = {
      callId: `${turn}.${callCount + 1}`,
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
  { sessionId, turn, now }: ToolTurn,
): Promise<ToolCall> {
  const { callTool } = proxyActivities<ToolActivities>({
    taskQueue: TOOLS_TASK_QUEUE,
    startToCloseTimeout: timeoutMs + SPARE_MS,
    heartbeatTimeout: '6 seconds',
    retry: { maximumAttempts: maxAttempts },
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  });
  const { callId, tool, arguments: args } = call;
  try {
    const { result } = await callTool.executeWithOptions({ summary: `${tool} ${excerpt(JSON.stringify(args), 100)}` }, [
      { callId, tool, arguments: args, sessionId, turn },
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
