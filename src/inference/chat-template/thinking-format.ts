/** How a model marks its thoughts, as its template and its vocabulary spell it. */
export interface ThinkingFormat {
  /** Text that the model or the template writes before thoughts. It may contain special tokens and plain text. */
  readonly open: string;
  /** Text that the model writes between its thoughts and its answer. */
  readonly close: string;
  /** Text that the model writes before an answer without thoughts, if any. */
  readonly skip?: string;
}

/** The thoughts that an answer to one prompt may begin with. */
export interface PromptThinking extends ThinkingFormat {
  /** Whether the prompt ends within thoughts: the template already wrote `open`, and the answer begins with a thought. */
  readonly isOpen: boolean;
}

/**
 * Known formats, rarer marks first, because comments and instructions of templates that write another mark may also mention `<think>`.
 *
 * source: the chat templates in llama.cpp's `models/templates`, read on 2026-11-28.
 */
const THINKING_FORMATS: readonly ThinkingFormat[] = [
  {
    open: '<|channel|>analysis<|message|>',
    close: '<|end|><|start|>assistant<|channel|>final<|message|>',
    skip: '<|channel|>final<|message|>',
  },
  { open: '<|think|>', close: '<|end|><|begin|>assistant<|content|>', skip: '<|content|>' },
  {
    open: ' to=self<|message|>',
    close: '<|eom|><|start|>assistant to=user<|message|>',
    skip: ' to=user<|message|>',
  },
  { open: '<|open|>think<|sep|>', close: '<|close|>think<|sep|><|open|>response<|sep|>' },
  { open: '<|channel>thought', close: '<channel|>' },
  { open: '<|START_THINKING|>', close: '<|END_THINKING|>' },
  { open: '<|inner_prefix|>', close: '<|inner_suffix|>' },
  { open: '[THINK]', close: '[/THINK]' },
  { open: '<seed:think>', close: '</seed:think>' },
  { open: '<mm:think>', close: '</mm:think>' },
  { open: '<think:opensource>', close: '</think:opensource>' },
  { open: '◁think▷', close: '◁/think▷' },
  { open: 'Here are my reasoning steps:', close: '[BEGIN FINAL RESPONSE]' },
  { open: '<think>', close: '</think>' },
];

/**
 * Formats to look for in answers of models whose template is unknown. Excludes formats that open thoughts with ordinary words, because any
 * answer may begin with those.
 *
 * source: beside `THINKING_FORMATS`, `<thinking>` of Apriel 1.5's template and `<longcat_think>` of LongCat-Flash-Thinking's
 */
export const TAGGED_FORMATS: readonly [ThinkingFormat, ...ThinkingFormat[]] = [
  { open: '<thinking>', close: '</thinking>' },
  { open: '<longcat_think>', close: '</longcat_think>' },
  ...THINKING_FORMATS.filter(({ open }) => /^[<[◁]/u.test(open)),
];

/**
 * Detects the marks of thoughts from the text that the template renders for an answer with a thought, otherwise from the template's source;
 * undefined if neither contains any.
 */
export function thinkingFormat(template: string, renderedThought = ''): ThinkingFormat | undefined {
  const isIn = (text: string) => (format: ThinkingFormat) => text.includes(format.open) && text.includes(format.close);
  return (
    THINKING_FORMATS.find(isIn(renderedThought)) ??
    THINKING_FORMATS.find(isIn(template)) ??
    // Templates of models that open their thoughts themselves only cut them out: `content.split('</think>')`.
    THINKING_FORMATS.find(({ close }) => template.includes(close)) ??
    // Templates that open thoughts, and do not change past answers.
    THINKING_FORMATS.find(({ open }) => template.includes(open))
  );
}

/** Returns `format`, and whether a rendered prompt ends within thoughts. */
export function promptThinking(format: ThinkingFormat, rendered: string): PromptThinking {
  return { ...format, isOpen: rendered.trimEnd().endsWith(format.open.trimEnd()) };
}

/** The opening mark of a thought, with the white space that models write after it: tags are on their own lines. */
export function writtenOpen({ open, close }: ThinkingFormat): string {
  return close.startsWith('</') ? `${open}\n` : open;
}

/** The closing mark of a thought, with the white space that models write around it: tags are on their own lines. */
export function writtenClose({ close }: ThinkingFormat): string {
  return close.startsWith('</') ? `\n${close}\n\n` : close;
}
