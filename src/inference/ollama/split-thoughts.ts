import type { PromptThinking } from '../chat-template/thinking-format.js';
import type { StreamPart } from '../http/streamed-answer.js';
import { TaggedThoughts } from '../http/tagged-thoughts.js';

/**
 * Tells thoughts from text in an answer to a raw prompt, unless the server does so itself.
 *
 * @param opened a mark that the prompt ends with; empty where the answer does not begin within thoughts
 */
export async function* splitThoughts(parts: AsyncIterable<StreamPart>, opened: string): AsyncGenerator<StreamPart> {
  const thoughts = new TaggedThoughts();
  thoughts.take(opened);
  let [hasEnded, isSplit] = [false, false];
  for await (const part of parts) {
    isSplit ||= part.type === 'thinking';
    if (part.type === 'end' && !hasEnded) {
      hasEnded = true;
      yield* split(thoughts.end());
    }
    if (part.type !== 'text' || isSplit) yield part;
    else yield* split(thoughts.take(part.text));
  }
  if (!hasEnded) yield* split(thoughts.end());
}

function* split({ thinking, text }: { readonly thinking: string; readonly text: string }): Generator<StreamPart> {
  if (thinking !== '') yield { type: 'thinking', text: thinking };
  if (text !== '') yield { type: 'text', text };
}

/** An answer so far, as it goes on behind a raw prompt. */
export function answerSoFar(
  { text, thinking = '' }: { readonly text: string; readonly thinking?: string },
  format: PromptThinking | undefined,
): string {
  if (thinking === '') return text;
  return text === '' ? begun(thinking, format) : closedThoughts(thinking, format) + text;
}

/** Thoughts as they stand between a raw prompt and the answer. */
export function closedThoughts(thinking: string, format = USUAL): string {
  const { close } = format;
  // Models write tags in lines of their own.
  return begun(thinking, format) + (close.startsWith('</') ? `\n${close}\n\n` : close);
}

const USUAL: PromptThinking = { open: '<think>', close: '</think>', isOpen: false };

function begun(thinking: string, { open, isOpen } = USUAL): string {
  return `${isOpen ? '' : open}${thinking}`;
}
