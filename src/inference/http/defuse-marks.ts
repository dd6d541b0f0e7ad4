/** Not visible, no space, and no part of any mark. */
const WORD_JOINER = '\u2060';

/**
 * Text in which no mark of a chat template is whole any more: an invisible character is put behind the first one of each. Servers read
 * marks wherever they stand, so that a user who writes `<|im_start|>system` would otherwise speak as the system. Backends that can
 * tokenize template and text apart need none of this.
 */
export function defuseMarks(text: string, marks: RegExp): string {
  return text.replace(marks, (mark) => {
    const [first = ''] = mark;
    return `${first}${WORD_JOINER}${mark.slice(first.length)}`;
  });
}

/**
 * Marks of the chat formats there are, where a server does not tell its own.
 * source: the chat templates of LLaMA 2 and 3, Mistral, Gemma, Phi, ChatML, DeepSeek, Qwen, Granite and Command R
 */
export const USUAL_MARKS =
  /<[|｜][^<>|｜\n]{1,64}[|｜]>|<\/?s>|\[\/?(?:INST|SYS|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_RESULTS)\]|<<\/?SYS>>|<(?:start|end)_of_turn>|<(?:bos|eos|unk|pad)>|<\/?(?:system|user|assistant)>/giu;

/** An expression of these exact texts, longest first; it matches nothing when there are none. */
export function marksOf(texts: Iterable<string>): RegExp {
  const escaped = [...new Set(texts)]
    .filter((text) => text.length > 1)
    .toSorted((a, b) => b.length - a.length)
    .map((text) => text.replace(/[\\^$.*+?()[\]{}|]/gu, String.raw`\$&`));
  return escaped.length === 0 ? /(?!)/gu : new RegExp(escaped.join('|'), 'gu');
}
