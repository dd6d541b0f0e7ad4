import { isAnswerCheckpoint } from '../../domain/session/generation.js';
import type { AnswerCheckpoint } from '../../domain/session/generation.js';
import type { TextDelta } from '../../inference/language-model.js';
import type { ShownParts } from '../../streaming/shown-text.js';

/** A growing text, in a form from which the next attempt can continue. */
export interface Draft {
  /** Called for each token, so its cost must not depend on the text before it. */
  add(delta: TextDelta): void;
  /**
   * Takes over the text that readers saw beyond the checkpoint, because it cannot be retracted. Text
   * that does not continue the draft is ignored.
   */
  goOnFrom(shown: ShownParts): void;
  /**
   * A copy, which later deltas do not change. Meant for each heartbeat, not for each delta. Undefined while
   * the draft has neither text nor thoughts.
   */
  checkpoint(): AnswerCheckpoint | undefined;
}

/** @param details the last heartbeat of an earlier attempt; anything but a checkpoint is ignored */
export function createDraft(details: unknown): Draft {
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
      // An answer that continues from different thoughts is not the answer that readers saw.
      if (text !== '' && shown.thinking !== thinking) return;
      thinking = shown.thinking;
      if (shown.text.startsWith(text)) text = shown.text;
    },
    checkpoint: () =>
      text === '' && thinking === '' ? undefined : { text, ...(thinking !== '' && { thinking }), tokens: [...tokens] },
  };
}
