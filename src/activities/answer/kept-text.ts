import { Context } from '@temporalio/activity';
import { defaultPayloadConverter } from '@temporalio/common';
import type { FinishReason } from '../../domain/session/conversation.js';
import { longestPartial, partialIn } from '../../domain/session/partial-answer.js';
import type { PartialAnswer } from '../../domain/session/partial-answer.js';
import { NOTHING_SHOWN, readShownText } from '../../streaming/shown-text.js';
import type { ShownParts } from '../../streaming/shown-text.js';
import type { TokenPublisher, TokenSubscriber } from '../../streaming/token-stream.js';

/**
 * Local activities for workflows that request answers: they recover the text of an answer whose own activity cannot hand it over. An answer
 * that its worker ends needs none of them.
 */
export interface KeptTextActivities {
  /**
   * The last heartbeat of the activity of this type in the calling workflow. The server forgets it when the activity is cancelled between
   * two attempts or while an operator has paused it, so call this earlier.
   */
  readCheckpoint(input: { readonly activityType: string }): Promise<ReadCheckpointOutput>;
  /**
   * Ends an answer for the readers of the stream.
   *
   * @returns the known part, extended by the text that the stream shows beyond it; undefined if both are empty
   */
  endShownText(input: EndShownTextInput): Promise<EndShownTextOutput>;
}

export interface ReadCheckpointOutput {
  /** Missing if no attempt has sent a heartbeat yet, or no attempt wrote anything. */
  readonly partial?: PartialAnswer;
}

export interface EndShownTextInput {
  readonly sessionId: string;
  readonly messageId: string;
  readonly finishReason: FinishReason | 'failed';
  readonly known?: PartialAnswer;
  /** How long to wait for the stream to report the shown text, in milliseconds; 0: the stream is not asked. */
  readonly limitMs: number;
}

export interface EndShownTextOutput {
  readonly partial?: PartialAnswer;
}

export interface KeptTextDependencies {
  /** Default: there are no readers. */
  readonly publisher?: TokenPublisher;
  /** Default: the shown text is unknown, so only checkpoints are used. */
  readonly subscriber?: TokenSubscriber;
}

export function createKeptTextActivities({ publisher, subscriber }: KeptTextDependencies): KeptTextActivities {
  return {
    async readCheckpoint({ activityType }) {
      const { client, info } = Context.current();
      const { workflowId, runId } = info.workflowExecution ?? {};
      if (workflowId === undefined) return {};
      const { raw } = await client.workflow.getHandle(workflowId, runId).describe();
      const partials = (raw.pendingActivities ?? [])
        .filter((each) => each.activityType?.name === activityType)
        .flatMap(({ heartbeatDetails }) => heartbeatDetails?.payloads ?? [])
        .map((payload) => partialIn(defaultPayloadConverter.fromPayload(payload)));
      const partial = longestPartial(...partials);
      return partial === undefined ? {} : { partial };
    },
    async endShownText({ sessionId, messageId, finishReason, known, limitMs }) {
      const shown =
        subscriber === undefined || limitMs === 0
          ? NOTHING_SHOWN
          : await readShownText(subscriber, { sessionId, messageId, limitMs });
      const partial = withShown(known, shown);
      if (partial?.thinking) {
        publisher?.publish(sessionId, { type: 'thinking-delta', messageId, offset: 0, text: partial.thinking });
      }
      if (partial !== undefined && partial.text !== '') {
        publisher?.publish(sessionId, { type: 'text-delta', messageId, offset: 0, text: partial.text });
      }
      publisher?.publish(sessionId, { type: 'text-end', messageId, finishReason });
      return partial === undefined ? {} : { partial };
    },
  };
}

/** Uses the shown text if it continues the known text, as attempts at an answer do. */
function withShown(known: PartialAnswer | undefined, shown: ShownParts): PartialAnswer | undefined {
  const { text: written = '', thinking: thought = '', outputTokens = 0 } = known ?? {};
  const isSameAnswer = written === '' ? shown.thinking.startsWith(thought) : shown.thinking === thought;
  const isMore = shown.text.length > written.length || shown.thinking.length > thought.length;
  if (isSameAnswer && isMore && shown.text.startsWith(written)) {
    const { text, thinking } = shown;
    return { text, ...(thinking !== '' && { thinking }), outputTokens };
  }
  return known;
}
