import { chatVariables, type ChatPrompt, type ConversationShape } from './chat-variables.js';
import { TemplateError } from './jinja/template-error.js';
import { compileTemplate } from './render-template.js';
import { thinkingFormat, type ThinkingFormat } from './thinking-format.js';

export interface ChatTemplateOptions {
  /** Spellings of special tokens by their names in transformers (`bos_token`, `eos_token`). A missing one is not defined in the template. */
  readonly specialTokens: Readonly<Record<string, string | undefined>>;
}

/** A model's chat template, verified to render a plain conversation and one with a persona. */
export interface ChatTemplate {
  readonly shape: ConversationShape;
  /** The template fails without a persona. */
  readonly needsPersona: boolean;
  readonly thinking: ThinkingFormat | undefined;
  /** Texts that the template writes after an answer: before the user's next text, and at the end of the conversation. */
  readonly afterAnswer: readonly string[];
  /**
   * Renders the prompt up to the beginning of the answer, as transformers' `apply_chat_template` does.
   *
   * @throws {TemplateError} when the template refuses this conversation
   */
  render(prompt: ChatPrompt, options: { readonly now: Date }): string;
}

/** Words that templates do not contain, so that they can be found in a rendered conversation. */
const [PERSONA, ASKED, ANSWER, THOUGHT, NEXT] = ['Qpersona', 'Qasked', 'Qanswer', 'Qthought', 'Qnext'];
const PLAIN: ChatPrompt = {
  type: 'chat',
  messages: [
    { role: 'user', text: ASKED },
    { role: 'assistant', text: ANSWER },
    { role: 'user', text: NEXT },
  ],
};
const THOUGHTFUL: ChatPrompt = {
  type: 'chat',
  messages: [
    { role: 'user', text: ASKED },
    { role: 'assistant', text: ANSWER, thinking: THOUGHT },
    { role: 'user', text: NEXT },
  ],
};
const WITH_PERSONA: ChatPrompt = { ...PLAIN, persona: PERSONA };
const UNANSWERED: ChatPrompt = {
  type: 'chat',
  messages: [
    { role: 'user', text: ASKED },
    { role: 'assistant', text: '' },
    { role: 'user', text: NEXT },
  ],
};
const TWO_QUESTIONS: ChatPrompt = {
  type: 'chat',
  messages: [
    { role: 'user', text: ASKED },
    { role: 'user', text: NEXT },
  ],
};

/** In the order of trying: the values that transformers passes most often come first. */
const SHAPES: readonly ConversationShape[] = (['none', 'undefined'] as const).flatMap((tools) =>
  (['text', 'parts'] as const).map((content) => ({
    content,
    tools,
    persona: 'system' as const,
    joinsRoles: false,
    dropsEmptyAnswers: false,
  })),
);

/**
 * Compiles a template and detects by rendering which input it expects. A template that cannot be rendered therefore fails here and not in
 * the middle of a turn. Independent of any engine.
 *
 * @throws {TemplateError} with the reason and the line, when the template cannot be parsed, or renders neither conversation.
 */
export function openChatTemplate(template: string, { specialTokens }: ChatTemplateOptions): ChatTemplate {
  const compiled = compileTemplate(template);
  const given = Object.fromEntries(Object.entries(specialTokens).filter(([, text]) => text !== undefined));
  const render = (
    prompt: ChatPrompt,
    shape: ConversationShape,
    { now, ...variables }: { readonly now: Date; readonly add_generation_prompt?: boolean },
  ): string => compiled({ ...given, ...chatVariables(prompt, shape, template), ...variables }, { now });

  const probe: Probe = (prompt, shape, variables = {}) => render(prompt, shape, { now: new Date(0), ...variables });
  const { shape: found, needsPersona } = findShape(probe);
  const past = (prompt: ChatPrompt): ChatPrompt => (needsPersona ? { ...prompt, persona: PERSONA } : prompt);
  const shape = {
    ...found,
    joinsRoles: !accepts(probe, past(TWO_QUESTIONS), found),
    dropsEmptyAnswers: !accepts(probe, past(UNANSWERED), found),
  };
  const ended = (prompt: ChatPrompt): ChatPrompt => past({ ...prompt, messages: prompt.messages.slice(0, 2) });
  const finished = tried(() => probe(ended(PLAIN), shape, { add_generation_prompt: false })) ?? '';
  const thought = tried(() => probe(ended(THOUGHTFUL), shape, { add_generation_prompt: false })) ?? '';
  return {
    shape,
    needsPersona,
    thinking: thinkingFormat(template, thought.includes(THOUGHT) ? thought : ''),
    afterAnswer: [between(probe(past(PLAIN), shape), ANSWER, NEXT), between(finished, ANSWER)],
    render: (prompt, { now }) => {
      if (needsPersona && (prompt.persona ?? '') === '') {
        throw new TemplateError('it wants a system message: give the session a persona', { isRefusal: true });
      }
      return render(prompt, shape, { now });
    },
  };
}

type Probe = (
  prompt: ChatPrompt,
  shape: ConversationShape,
  variables?: { readonly add_generation_prompt?: boolean },
) => string;

function findShape(probe: Probe): { readonly shape: ConversationShape; readonly needsPersona: boolean } {
  const plain = SHAPES.find((shape) => accepts(probe, PLAIN, shape));
  const shape = plain ?? SHAPES.find((each) => accepts(probe, WITH_PERSONA, each));
  if (shape === undefined) throw firstFailure(probe);
  if (accepts(probe, WITH_PERSONA, shape)) return { shape, needsPersona: plain === undefined };
  const failure = failureOf(() => probe(WITH_PERSONA, shape));
  // The failure may be due to this renderer. A template that Python's Jinja can render must not be rendered differently here.
  if (failure !== undefined && !failure.isRefusal) throw failure;
  return { shape: { ...shape, persona: 'first user message' }, needsPersona: false };
}

/** Whether the template renders a conversation with all its texts; a text that it leaves out would be lost silently. */
function accepts(probe: Probe, prompt: ChatPrompt, shape: ConversationShape): boolean {
  const rendered = tried(() => probe(prompt, shape));
  const texts = [prompt.persona ?? '', ...prompt.messages.map(({ text }) => text)];
  return rendered !== undefined && texts.every((text) => rendered.includes(text));
}

function firstFailure(probe: Probe): TemplateError {
  const [usual] = SHAPES;
  const failure = usual && (failureOf(() => probe(PLAIN, usual)) ?? failureOf(() => probe(WITH_PERSONA, usual)));
  return failure ?? new TemplateError('it leaves out texts of a plain conversation');
}

function failureOf(run: () => unknown): TemplateError | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof TemplateError) return error;
    throw error;
  }
}

function tried(run: () => string): string | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof TemplateError) return undefined;
    throw error;
  }
}

function between(text: string, before: string, after?: string): string {
  const from = text.lastIndexOf(before);
  if (from < 0) return '';
  const to = after === undefined ? -1 : text.indexOf(after, from);
  return text.slice(from + before.length, to < 0 ? undefined : to);
}
