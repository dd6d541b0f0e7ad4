/** How a model marks its thoughts, as its template and its vocabulary spell it. */
export interface ThinkingFormat {
  /** What the model or the template writes before thoughts. It may hold special tokens and text. */
  readonly open: string;
  /** What the model writes between its thoughts and its answer. */
  readonly close: string;
}

/** The thoughts that an answer to one prompt begins with. */
export interface PromptThinking extends ThinkingFormat {
  /** Whether the prompt ends within thoughts: the template wrote `open` already, and the answer begins with a thought. */
  readonly isOpen: boolean;
}

/** Longer and rarer marks first: a template may name `<think>` in a comment or in an instruction. */
const FORMATS: readonly ThinkingFormat[] = [{ open: '<think>', close: '</think>' }];

/** The marks of the thoughts that a template's model writes; undefined where the template does not name any. */
export function thinkingFormat(template: string): ThinkingFormat | undefined {
  return FORMATS.find(({ open, close }) => template.includes(open) || template.includes(close));
}

/** `format`, and whether a prompt as rendered ends within thoughts. */
export function promptThinking(format: ThinkingFormat, rendered: string): PromptThinking {
  return { ...format, isOpen: rendered.trimEnd().endsWith(format.open.trimEnd()) };
}
