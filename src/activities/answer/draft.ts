import { isAnswerCheckpoint } from '../../domain/session/generation.js';
import type { AnswerCheckpoint } from '../../domain/session/generation.js';
import type { TextDelta } from '../../inference/language-model.js';
import type { ShownParts } from '../../streaming/shown-text.js';

/** A text as it grows, in the shape that the next attempt can go on from. */
export interface Draft {
  /** Called for each token, so that it must not look at what came before. */
  add(delta: TextDelta): void;
  /** Takes over what readers were shown beyond the checkpoint: it cannot be taken back. Text that does not continue it is ignored. */
  goOnFrom(shown: ShownParts): void;
  /** A copy, which later deltas leave alone: for beats, not for each delta. Undefined while there is neither text nor thought. */
  checkpoint(): AnswerCheckpoint | undefined;
}

/** @param details what an attempt before beat; anything but a checkpoint is ignored */
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
      // An answer that goes on from other thoughts is not the one that was shown.
      if (text !== '' && shown.thinking !== thinking) return;
      thinking = shown.thinking;
      if (shown.text.startsWith(text)) text = shown.text;
    },
    checkpoint: () =>
      text === '' && thinking === '' ? undefined : { text, ...(thinking !== '' && { thinking }), tokens: [...tokens] },
  };
}
