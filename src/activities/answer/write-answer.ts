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
  /** Asked what readers were shown of an answer that another attempt began. Without it an attempt goes on from the checkpoint alone. */
  readonly subscriber?: TokenSubscriber;
}

export interface AnswerDescription {
  /** Where readers follow it. */
  readonly sessionId: string;
  readonly messageId: string;
  /** False: nobody is shown it. */
  readonly isShown: boolean;
  /** As `GenerateInput` has it. */
  readonly resumeFrom?: AnswerCheckpoint | undefined;
}

/** Has the model write the answer, from where readers saw it end. Called once in an attempt. @throws {ModelError} as `writeText` */
export type WriteAnswer = (model: LanguageModel, request: TextRequest) => Promise<GenerateResult>;

/**
 * An attempt of an activity at an answer that readers follow. Beats every second with the answer so far; an attempt after a crash goes on
 * from there. An attempt that fails carries what it wrote.
 *
 * @param action makes the prompt, and has the answer written by what it is given
 */
export async function writeAnswer<Output>(
  about: AnswerDescription,
  { publisher, subscriber }: AnswerStream,
  action: (write: WriteAnswer) => Promise<Output>,
): Promise<Output> {
  const context = Context.current();
  const draft = createDraft(context.info.heartbeatDetails ?? about.resumeFrom);
  // Asked at once, while the prompt is made.
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
          // What was written since the last beat would be lost to the next attempt, and after the last one to the turn.
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

/** How long the stream may take to tell what readers were shown: before an attempt that is known to have written something, and else. */
const SHOWN_LIMIT_MS = { known: 500, unknown: 100 } as const;

function isResuming({ resumeFrom }: AnswerDescription): boolean {
  return Context.current().info.attempt > 1 || resumeFrom !== undefined;
}

/** What readers were shown by attempts before this one; empty in the first, and of an answer that nobody is shown. */
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

/** The server tells of the last beat with a timeout only: other failures carry themselves what there is of the answer. */
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
