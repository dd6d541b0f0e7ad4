import type { AnswerCheckpoint } from '../../domain/session/generation.js';
import type { GenerateProgress, GenerateResult, TextDelta } from '../../inference/language-model.js';
import type { StreamEvent, TokenPublisher } from '../../streaming/token-stream.js';
import { createProgressEvents } from './progress-events.js';

/** The readers who follow an answer while it is written. */
export interface Readers extends Disposable {
  /** Publishes the beginning of an attempt, with the text of earlier attempts. */
  readonly begin: (resumeFrom: AnswerCheckpoint | undefined) => void;
  readonly progress: (progress: GenerateProgress) => void;
  readonly delta: (delta: TextDelta) => void;
  readonly end: (finishReason: GenerateResult['finishReason']) => void;
}

/** @param publisher undefined if there are no readers */
export function createReaders(
  publisher: TokenPublisher | undefined,
  { sessionId, messageId }: { readonly sessionId: string; readonly messageId: string },
): Readers {
  const publish = (event: StreamEvent): void => publisher?.publish(sessionId, event);
  const progress = createProgressEvents(messageId, publish);
  const delta = ({ part, offset, text }: Pick<TextDelta, 'part' | 'offset' | 'text'>): void => {
    progress.drop();
    if (part === 'thinking') publish({ type: 'thinking-delta', messageId, offset, text });
    else if (text !== '') publish({ type: 'text-delta', messageId, offset, text });
  };
  return {
    begin(resumeFrom) {
      publish({ type: 'text-start', messageId });
      if (resumeFrom?.thinking) delta({ part: 'thinking', offset: 0, text: resumeFrom.thinking });
      if (resumeFrom !== undefined) delta({ offset: 0, text: resumeFrom.text });
    },
    progress: progress.take,
    delta,
    end(finishReason) {
      progress.drop();
      publish({ type: 'text-end', messageId, finishReason });
    },
    [Symbol.dispose]: progress.drop,
  };
}
