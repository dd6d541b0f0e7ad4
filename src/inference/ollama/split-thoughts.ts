import { TAGGED_FORMATS, writtenClose, writtenOpen, type PromptThinking } from '../chat-template/thinking-format.js';
import type { StreamPart } from '../http/stream-part.js';
import type { Checkpoint } from '../language-model.js';
import { ThoughtSplitter, type SplitText } from '../answer/thought-splitter.js';

/**
 * Separates thoughts from text in an answer to a raw prompt, unless the server does so itself.
 *
 * @param format the marks in the prompt's template; other marks are recognized as well
 * @param resumeFrom the answer so far, which has no text yet
 */
export async function* splitThoughts(
  parts: AsyncIterable<StreamPart>,
  format: PromptThinking | undefined,
  resumeFrom?: Checkpoint,
): AsyncGenerator<StreamPart> {
  const { thinking = '', text = '' } = resumeFrom ?? {};
  const thoughts = new ThoughtSplitter([format ?? USUAL, ...TAGGED_FORMATS], { thinking, text });
  let [hasEnded, isSplit] = [false, false];
  for await (const part of parts) {
    isSplit ||= part.type === 'thinking';
    if (part.type === 'end' && !hasEnded) {
      hasEnded = true;
      yield* split(thoughts.end());
    }
    if (part.type !== 'text' || isSplit) yield part;
    else yield* split(thoughts.push(part.text));
  }
  if (!hasEnded) yield* split(thoughts.end());
}

function* split({ thinking, text }: SplitText): Generator<StreamPart> {
  if (thinking !== '') yield { type: 'thinking', text: thinking };
  if (text !== '') yield { type: 'text', text };
}

/** An answer so far, in the form that follows a raw prompt. */
export function answerSoFar(
  { text, thinking = '' }: Pick<Checkpoint, 'text' | 'thinking'>,
  format: PromptThinking | undefined,
): string {
  if (thinking === '') return text;
  return text === '' ? begun(thinking, format) : closedThoughts(thinking, format) + text;
}

/** Completed thoughts, in the form that stands between a raw prompt and the answer. */
export function closedThoughts(thinking: string, format = USUAL): string {
  return begun(thinking, format) + writtenClose(format);
}

const USUAL: PromptThinking = { open: '<think>', close: '</think>', isOpen: false };

function begun(thinking: string, format = USUAL): string {
  return `${format.isOpen ? '' : writtenOpen(format)}${thinking}`;
}
