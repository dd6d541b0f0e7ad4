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

/** One attempt each, in the process of this workflow: whoever stopped the turn waits for them. */
const local = proxyLocalActivities<KeptTextActivities>({
  startToCloseTimeout: '2 seconds',
  scheduleToCloseTimeout: '3 seconds',
  retry: { maximumAttempts: 1 },
});

/** How long the stream may take to tell what was shown: of an answer that is known to have text, and of one that may have some. */
const SHOWN_LIMIT_MS = { known: 500, unknown: 100 } as const;

/** Whether this run may look for text at all: histories of before have no such commands. */
function looks(): boolean {
  return patched('text-of-ended-turns');
}

/** What the activity beat last, as the server has it now. Undefined also when the server does not say. */
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
 * What readers were shown of an answer that its activity did not hand over: what is known of it, and what the stream has beyond. Tells the
 * stream's readers that the answer has ended.
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

/** The text that a failure of an activity carries: its details, or what the server says of the last beat. */
export function partialOfFailure(error: unknown): PartialAnswer | undefined {
  const partials: (PartialAnswer | undefined)[] = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof TimeoutFailure) partials.push(partialIn(cause.lastHeartbeatDetails));
    if (cause instanceof ApplicationFailure || cause instanceof CancelledFailure)
      partials.push(partialIn(cause.details));
  }
  return longestPartial(...partials);
}

/** The answer of a turn that was stopped when nobody could end it: what there is of it. Its cost is known in part. */
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
    // How full the window was is not known: the next prompt is measured anyway.
    context: { fromTurn: contextFromTurn, promptTokens: 0, contextTokens: Number.MAX_SAFE_INTEGER },
    tokensPerSecond: 0,
    firstTokenMs: 0,
  };
}

function isTimeout(error: unknown): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  return cause instanceof TimeoutFailure && cause.timeoutType !== 'SCHEDULE_TO_START';
}
