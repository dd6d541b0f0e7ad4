import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  TimeoutFailure,
  patched,
  proxyLocalActivities,
} from '@temporalio/workflow';
import type { KeptTextActivities } from '../../activities/answer/kept-text.js';
import type { GenerateInput, GenerateOutput } from '../../domain/session/generation.js';
import { longestPartial, partialIn } from '../../domain/session/partial-answer.js';
import type { PartialAnswer } from '../../domain/session/partial-answer.js';

/** One attempt each, in the process of this workflow, because the user who stopped the turn waits for them. */
const local = proxyLocalActivities<KeptTextActivities>({
  startToCloseTimeout: '2 seconds',
  scheduleToCloseTimeout: '3 seconds',
  retry: { maximumAttempts: 1 },
});

/** How long the stream may take to report the shown text: for an answer that has text, and for one that may have some. */
const SHOWN_LIMIT_MS = { known: 500, unknown: 100 } as const;

/** Whether this run may look for text; older histories lack these commands. */
function looks(): boolean {
  return patched('text-of-ended-turns');
}

/** The last heartbeat details of the activity, as the server has them now. Undefined also if the server does not report them. */
export async function checkpointOf(activityType: string): Promise<PartialAnswer | undefined> {
  if (!looks()) return undefined;
  try {
    const { partial } = await local.readCheckpoint({ activityType });
    return partial;
  } catch {
    return undefined;
  }
}

/**
 * The text that readers saw of an answer that its activity did not hand over: the known part, and what the stream has beyond it. Tells the readers of
 * the stream that the answer has ended.
 */
export async function shownOf(
  { sessionId, message }: GenerateInput,
  known: PartialAnswer | undefined,
  { error, wasStopped }: { readonly error: unknown; readonly wasStopped: boolean },
): Promise<PartialAnswer | undefined> {
  if (!looks()) return known;
  const unknownLimitMs = wasStopped || isTimeout(error) ? SHOWN_LIMIT_MS.unknown : 0;
  try {
    const { partial } = await CancellationScope.nonCancellable(() =>
      local.endShownText({
        sessionId,
        messageId: message.messageId,
        finishReason: wasStopped ? 'cancelled' : 'failed',
        limitMs: known === undefined ? unknownLimitMs : SHOWN_LIMIT_MS.known,
        ...(known !== undefined && { known }),
      }),
    );
    return partial ?? known;
  } catch {
    return known;
  }
}

/** The text that a failure of an activity carries: in its details, or in the last heartbeat that the server reports. */
export function partialOfFailure(error: unknown): PartialAnswer | undefined {
  const partials: (PartialAnswer | undefined)[] = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof TimeoutFailure) partials.push(partialIn(cause.lastHeartbeatDetails));
    if (cause instanceof ApplicationFailure || cause instanceof CancelledFailure)
      partials.push(partialIn(cause.details));
  }
  return longestPartial(...partials);
}

/** The answer of a turn that was stopped when no worker could end it, with the text so far. Only a part of its usage is known. */
export function stoppedAnswer(
  { modelId, contextFromTurn }: GenerateInput,
  { text, thinking, outputTokens }: PartialAnswer,
): GenerateOutput {
  return {
    text,
    ...(thinking !== undefined && { thinking }),
    finishReason: 'cancelled',
    modelId,
    usage: { inputTokens: 0, cachedInputTokens: 0, outputTokens, durationMs: 0 },
    // The use of the window is not known. The next prompt is measured anyway.
    context: { fromTurn: contextFromTurn, promptTokens: 0, contextTokens: Number.MAX_SAFE_INTEGER },
    tokensPerSecond: 0,
    firstTokenMs: 0,
  };
}

function isTimeout(error: unknown): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  return cause instanceof TimeoutFailure && cause.timeoutType !== 'SCHEDULE_TO_START';
}
