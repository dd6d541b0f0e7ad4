import { ApplicationFailure, CancelledFailure, Context, log } from '@temporalio/activity';
import { isAnswerCheckpoint } from '../../domain/session/generation.js';
import type { AnswerCheckpoint, GenerateInput, GenerateOutput } from '../../domain/session/generation.js';
import { boundPartial, partialIn } from '../../domain/session/partial-answer.js';
import type { PartialAnswer } from '../../domain/session/partial-answer.js';
import { THINKING_SHARE } from '../../domain/session/session-settings.js';
import { groundedQuestion } from '../../domain/answer/source-texts.js';
import { toolResultsText } from '../../domain/tools/tool-texts.js';
import type { TextDelta } from '../../inference/language-model.js';
import { ModelError } from '../../inference/model-error.js';
import { watchStopRequests } from '../../streaming/stop-requests.js';
import { NOTHING_SHOWN, readShownText } from '../../streaming/shown-text.js';
import type { ShownParts } from '../../streaming/shown-text.js';
import type { StreamEvent, TokenPublisher, TokenSubscriber } from '../../streaming/token-stream.js';
import { checkedDecoding } from '../answer/checked-decoding.js';
import type { GetModel } from '../answer/get-model.js';
import type { Conversations, FetchToolCalls } from './conversations.js';
import { startHeartbeat } from '../heartbeat.js';
import { createProgressEvents } from '../answer/progress-events.js';
import { dropBefore, fitPrompt } from './prompt-window.js';
import { toFailure } from '../to-failure.js';

export interface GenerationActivities {
  /**
   * Writes the answer of one turn. Beats every second with the answer so far; an attempt after a crash goes on from there.
   * When cancelled by the session it returns what was written so far; when the worker shuts down it hands that to the next attempt.
   */
  generate(input: GenerateInput): Promise<GenerateOutput>;
}

export interface GenerationDependencies {
  readonly getModel: GetModel;
  readonly conversations: Conversations;
  readonly toolCalls: FetchToolCalls;
  readonly publisher: TokenPublisher;
  /** Asked what readers were shown of an answer that another attempt began. Without it an attempt goes on from the checkpoint alone. */
  readonly subscriber?: TokenSubscriber;
  /** The worker's own queue, told in results so that the next turn comes here. */
  readonly workerQueue?: string;
}

export function createGenerationActivities(dependencies: GenerationDependencies): GenerationActivities {
  return {
    async generate(input) {
      const context = Context.current();
      const answer = createDraft(context.info.heartbeatDetails ?? input.resumeFrom);
      const shown = askShown(dependencies.subscriber, input, answer);
      const heartbeat = startHeartbeat(context, () => answer.checkpoint());
      const done = new AbortController();
      const watching = dependencies.subscriber
        ? watchStopRequests(
            dependencies.subscriber,
            { sessionId: input.sessionId, messageId: input.message.messageId, signal: done.signal },
            () => heartbeat.hurry(),
          )
        : undefined;
      try {
        return await generateTurn(input, dependencies, context, { draft: answer, shown });
      } catch (error) {
        answer.goOnFrom(await shown);
        // What was written since the last beat would be lost to the next attempt, and after the last one to the turn.
        context.heartbeat(answer.checkpoint());
        throw withPartial(toFailure(error), partialIn(answer.checkpoint()));
      } finally {
        heartbeat.stop();
        done.abort();
        await watching;
      }
    },
  };
}

async function generateTurn(
  input: GenerateInput,
  { getModel, conversations, toolCalls, publisher, workerQueue }: GenerationDependencies,
  context: Context,
  { draft, shown }: { readonly draft: Draft; readonly shown: Promise<ShownParts> },
): Promise<GenerateOutput> {
  const { sessionId, turn, message, deadline, sources, purpose } = input;
  const { messageId } = message;
  const model = await getModel(input.modelId);
  const conversation = await conversations.before(input);
  // Half the window at most for the answer: a session must be able to hold a conversation.
  const maxOutputTokens = Math.min(input.maxOutputTokens, model.contextTokens >> 1);
  const calls = (input.callCount ?? 0) === 0 ? [] : await toolCalls(sessionId, turn);
  const asked = sources === undefined ? message.text : groundedQuestion(message.text, sources);
  // What comes of a draft's thoughts nobody would read.
  const thinks = purpose === 'draft' ? false : input.thinking?.enabled;
  const options = { ...input, message: { text: asked }, maxOutputTokens, thinks, calls };
  const window = await fitPrompt(model, conversation, options);

  const publish = (event: StreamEvent): void => {
    if (purpose !== 'draft') publisher.publish(sessionId, event);
  };
  draft.goOnFrom(await shown);
  publish({ type: 'text-start', messageId });
  const resumeFrom = draft.checkpoint();
  if (isResuming(input)) {
    const textLength = resumeFrom?.text.length ?? 0;
    log.info('Going on where the attempt before stopped', { turn, messageId, textLength });
  }
  if (resumeFrom?.thinking) publish({ type: 'thinking-delta', messageId, offset: 0, text: resumeFrom.thinking });
  if (resumeFrom && resumeFrom.text !== '') {
    publish({ type: 'text-delta', messageId, offset: 0, text: resumeFrom.text });
  }
  using progress = createProgressEvents(messageId, publish);
  const result = await model.generate(
    {
      prompt: window.prompt,
      maxOutputTokens,
      maxThinkingTokens: input.thinking?.maxTokens ?? Math.floor(maxOutputTokens * THINKING_SHARE),
      decoding: checkedDecoding(input.decoding),
      resumeFrom,
      cacheKey: sessionId,
      // A worker that takes the session over loads the state rather than reading the conversation again.
      snapshot: purpose === undefined,
      ...(deadline !== undefined && { timeoutMs: Math.max(1, Date.parse(deadline) - Date.now()) }),
    },
    {
      signal: context.cancellationSignal,
      onProgress: progress.take,
      onDelta: (delta) => {
        progress.drop();
        draft.add(delta);
        const { part, offset, text } = delta;
        if (part === 'thinking') publish({ type: 'thinking-delta', messageId, offset, text });
        else if (text !== '') publish({ type: 'text-delta', messageId, offset, text });
      },
    },
  );
  if (result.finishReason === 'cancelled' && !isCancelledBySession(context)) {
    // Shutting down, or the server gave this attempt up.
    throw new ModelError('Model.Unavailable', 'The worker is shutting down; another goes on with the answer.', {
      retryAfterMs: 100,
    });
  }
  publish({ type: 'text-end', messageId, finishReason: result.finishReason });
  const { fromTurn, promptTokens } = window;
  const results = toolResultsText(calls);
  const user = results === '' ? message.text : `${message.text}\n\n${results}`;
  const { text } = result;
  const thoughts = result.thinking === undefined ? {} : { thinking: result.thinking };
  // The sources stay with their turn: later prompts tell what was said.
  const told = purpose === 'draft' ? [] : [{ turn, user, assistant: text, ...thoughts }];
  conversations.remember(sessionId, dropBefore({ ...conversation, turns: [...conversation.turns, ...told] }, fromTurn));
  const { finishReason, usage, tokensPerSecond, firstTokenMs } = result;
  const { contextTokens, modelId } = model;
  log.info('Turn generated', { turn, modelId, finishReason, ...usage, tokensPerSecond });
  return {
    text,
    ...thoughts,
    finishReason,
    modelId,
    usage,
    context: { fromTurn, promptTokens, contextTokens },
    tokensPerSecond,
    firstTokenMs,
    ...(workerQueue !== undefined && { workerQueue }),
  };
}

/** How long the stream may take to tell what readers were shown: before an attempt that is known to have written something, and else. */
const SHOWN_LIMIT_MS = { known: 500, unknown: 100 } as const;

function isResuming({ resumeFrom }: GenerateInput): boolean {
  return Context.current().info.attempt > 1 || resumeFrom !== undefined;
}

/** What readers were shown by attempts before this one; empty in the first, and of a draft. */
async function askShown(
  subscriber: TokenSubscriber | undefined,
  input: GenerateInput,
  draft: Draft,
): Promise<ShownParts> {
  const { sessionId, message, purpose } = input;
  if (subscriber === undefined || purpose === 'draft' || !isResuming(input)) return NOTHING_SHOWN;
  const wasBegun = Context.current().info.attempt > 1 || draft.checkpoint() !== undefined;
  return readShownText(subscriber, {
    sessionId,
    messageId: message.messageId,
    limitMs: wasBegun ? SHOWN_LIMIT_MS.known : SHOWN_LIMIT_MS.unknown,
  });
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

function isCancelledBySession(context: Context): boolean {
  return context.cancellationDetails?.cancelRequested === true;
}

/** The answer as it grows, in the shape that a retry can go on from. */
interface Draft {
  add(delta: TextDelta): void;
  /** Takes over what readers were shown beyond the checkpoint: it cannot be taken back. Text that does not continue it is ignored. */
  goOnFrom(shown: ShownParts): void;
  /** Undefined while there is neither text nor thought. */
  checkpoint(): AnswerCheckpoint | undefined;
}

function createDraft(details: unknown): Draft {
  const earlier = isAnswerCheckpoint(details) ? details : undefined;
  let { text = '', thinking = '' } = earlier ?? {};
  const tokens = [...(earlier?.tokens ?? [])];
  return {
    add(delta) {
      if (delta.part === 'thinking') thinking = thinking.slice(0, delta.offset) + delta.text;
      else text = text.slice(0, delta.offset) + delta.text;
      tokens.push(...delta.tokens);
    },
    goOnFrom(shown) {
      if (!shown.thinking.startsWith(thinking)) return;
      // An answer that goes on from other thoughts is not the one that was shown.
      if (text !== '' && shown.thinking !== thinking) return;
      thinking = shown.thinking;
      if (shown.text.startsWith(text)) text = shown.text;
    },
    checkpoint: () =>
      text === '' && thinking === '' ? undefined : { text, ...(thinking !== '' && { thinking }), tokens: [...tokens] },
  };
}
