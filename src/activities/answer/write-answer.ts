import { ApplicationFailure, CancelledFailure, Context, log } from '@temporalio/activity';
import type { AnswerCheckpoint } from '../../domain/session/generation.js';
import { boundPartial, partialIn } from '../../domain/session/partial-answer.js';
import type { PartialAnswer } from '../../domain/session/partial-answer.js';
import type { GenerateResult, LanguageModel } from '../../inference/language-model.js';
import { NOTHING_SHOWN, readShownText } from '../../streaming/shown-text.js';
import type { ShownParts } from '../../streaming/shown-text.js';
import { watchStopRequests } from '../../streaming/stop-requests.js';
import type { TokenPublisher, TokenSubscriber } from '../../streaming/token-stream.js';
import { toFailure } from '../to-failure.js';
import { withHeartbeat } from '../with-heartbeat.js';
import { createDraft } from './draft.js';
import type { Draft } from './draft.js';
import { createReaders } from './readers.js';
import { isCancelledByWorkflow, writeText } from './write-text.js';
import type { TextRequest } from './write-text.js';

export interface AnswerStream {
  readonly publisher: TokenPublisher;
  /** Reports what readers saw of an answer that another attempt began. Without it, an attempt continues from the checkpoint alone. */
  readonly subscriber?: TokenSubscriber;
}

export interface AnswerDescription {
  /** Session whose stream readers follow. */
  readonly sessionId: string;
  readonly messageId: string;
  /** False: readers do not see this answer. */
  readonly isShown: boolean;
  /** As in `GenerateInput`. */
  readonly resumeFrom?: AnswerCheckpoint | undefined;
}

/** Lets the model write the answer, continuing where readers saw it end. Call it once per attempt. @throws {ModelError} as `writeText` */
export type WriteAnswer = (model: LanguageModel, request: TextRequest) => Promise<GenerateResult>;

/**
 * Runs one attempt of an activity to write an answer that readers follow. It sends a heartbeat with the answer so far every second; after a
 * crash, the next attempt continues from there. A failed attempt's error carries the text that it wrote.
 *
 * @param action makes the prompt, and calls its argument to write the answer
 */
export async function writeAnswer<Output>(
  about: AnswerDescription,
  { publisher, subscriber }: AnswerStream,
  action: (write: WriteAnswer) => Promise<Output>,
): Promise<Output> {
  const context = Context.current();
  const draft = createDraft(context.info.heartbeatDetails ?? about.resumeFrom);
  // Starts now, so that the stream is asked while the prompt is made.
  const shown = askShown(subscriber, about, draft);
  const write: WriteAnswer = async (model, request) => {
    draft.goOnFrom(await shown);
    const resumeFrom = draft.checkpoint();
    if (isResuming(about)) {
      const { messageId } = about;
      log.info('Going on where the attempt before stopped', { messageId, textLength: resumeFrom?.text.length ?? 0 });
    }
    using readers = createReaders(about.isShown ? publisher : undefined, about);
    readers.begin(resumeFrom);
    const result = await writeText(model, request, {
      draft,
      signal: context.cancellationSignal,
      isStopped: () => isCancelledByWorkflow(context),
      onProgress: readers.progress,
      onDelta: readers.delta,
    });
    readers.end(result.finishReason);
    return result;
  };
  const done = new AbortController();
  let watching: Promise<void> | undefined;
  try {
    return await withHeartbeat(
      async (_signal, heartbeat) => {
        const stops = { sessionId: about.sessionId, messageId: about.messageId, signal: done.signal };
        watching = subscriber && watchStopRequests(subscriber, stops, () => heartbeat.hurry());
        return action(write);
      },
      {
        details: () => draft.checkpoint(),
        failureOf: async (error) => {
          draft.goOnFrom(await shown);
          // Otherwise the next attempt would lose the text written since the last heartbeat, and after the last attempt the turn would lose it.
          context.heartbeat(draft.checkpoint());
          return withPartial(toFailure(error), partialIn(draft.checkpoint()));
        },
      },
    );
  } finally {
    done.abort();
    await watching;
  }
}

/** How long to wait for the stream to report the shown text, if an earlier attempt is known to have written something, and otherwise. */
const SHOWN_LIMIT_MS = { known: 500, unknown: 100 } as const;

function isResuming({ resumeFrom }: AnswerDescription): boolean {
  return Context.current().info.attempt > 1 || resumeFrom !== undefined;
}

/** The text that earlier attempts showed to readers; empty in the first attempt, and for an answer without readers. */
async function askShown(
  subscriber: TokenSubscriber | undefined,
  about: AnswerDescription,
  draft: Draft,
): Promise<ShownParts> {
  const { sessionId, messageId, isShown } = about;
  if (subscriber === undefined || !isShown || !isResuming(about)) return NOTHING_SHOWN;
  const wasBegun = Context.current().info.attempt > 1 || draft.checkpoint() !== undefined;
  const limitMs = wasBegun ? SHOWN_LIMIT_MS.known : SHOWN_LIMIT_MS.unknown;
  return readShownText(subscriber, { sessionId, messageId, limitMs });
}

/** The server reports the last heartbeat only with a timeout, so other failures have to carry the partial answer themselves. */
function withPartial(failure: unknown, partial: PartialAnswer | undefined): unknown {
  if (partial === undefined || !(failure instanceof Error)) return failure;
  const carried = boundPartial(partial);
  if (failure instanceof CancelledFailure) {
    return new CancelledFailure(failure.message, [...(failure.details ?? []), carried], failure.cause);
  }
  if (!(failure instanceof ApplicationFailure)) {
    return ApplicationFailure.create({
      type: failure.name,
      message: failure.message,
      details: [carried],
      cause: failure,
    });
  }
  const { type, message, nonRetryable, nextRetryDelay, details, cause } = failure;
  return ApplicationFailure.create({
    message,
    nonRetryable,
    details: [...(details ?? []), carried],
    ...(type && { type }),
    ...(nextRetryDelay && { nextRetryDelay }),
    ...(cause && { cause }),
  });
}
