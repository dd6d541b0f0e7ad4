import { type ChatPrompt } from '../chat-template/chat-variables.js';
import { TemplateError } from '../chat-template/jinja/template-error.js';
import { openChatTemplate } from '../chat-template/open-chat-template.js';
import { thinkingFormat, type ThinkingFormat } from '../chat-template/thinking-format.js';
import { ModelError } from '../model-error.js';
import { TemplateSyntaxError } from './go-template-syntax.js';
import { parseChatTemplate, type ChatTemplate, type TemplateMessage } from './go-template.js';
import type { ShownModel } from './ollama-server.js';
import type { OllamaVocabulary } from './ollama-vocabulary.js';

/** How to turn a conversation into a prompt. */
export type ChatFormat =
  | RenderedFormat
  /** A built-in renderer of the server builds the prompt, and only the server has it: conversations go to `/api/chat`. */
  | { readonly type: 'server'; readonly renderer: string };

/** A template that is rendered here. */
export interface RenderedFormat {
  readonly type: 'rendered';
  /** How the model marks its thoughts; undefined if unknown. */
  readonly thinking: ThinkingFormat | undefined;
  /** Texts that end an answer, in addition to the model's own tokens. */
  readonly stop: readonly string[];
  /** @throws {ModelError} `Model.Unsupported` when the template refuses this conversation */
  render(prompt: ChatPrompt): string;
}

/** Words that templates do not contain, so that they can be found in a rendered conversation. */
const [PERSONA, ASKED, ANSWER, NEXT] = ['Qpersona', 'Qasked', 'Qanswer', 'Qnext'];
const PLAIN: readonly TemplateMessage[] = [
  { role: 'user', content: ASKED },
  { role: 'assistant', content: ANSWER },
  { role: 'user', content: NEXT },
];

/**
 * Chooses how conversations reach a model on Ollama: through its built-in renderer, its Go template, or, if the Go template does not
 * distinguish roles, the Jinja template of its file.
 *
 * @throws {ModelError} `Model.Unsupported`, with the reason, when no template keeps all texts and roles
 */
export function openChatFormat(modelId: string, shown: ShownModel, vocabulary: OllamaVocabulary): ChatFormat {
  const { renderer, parser, template, hasMessages } = shown;
  if (renderer !== '' || parser !== '') {
    if (hasMessages) throw unsupported(modelId, 'its Modelfile puts messages of its own before every conversation');
    return { type: 'server', renderer };
  }
  const jinja = shown.model_info['tokenizer.chat_template'];
  const go = understood(modelId, () => parseChatTemplate(template));
  const flaw = understood(modelId, () => flawOf(template, go));
  if (flaw === undefined) return goFormat(modelId, shown, go);
  if (typeof jinja !== 'string' || jinja.trim() === '') throw unsupported(modelId, flaw);
  return understood(modelId, () => jinjaFormat(modelId, jinja, shown, vocabulary));
}

/** Describes the part of a conversation that a template loses; undefined if it keeps everything. */
function flawOf(source: string, template: ChatTemplate): string | undefined {
  if (source.trim() === '') return 'it has no chat template';
  const rendered = template.render(PLAIN);
  const [asked, answer, next] = [ASKED, ANSWER, NEXT].map((text) => rendered.indexOf(text));
  if (asked === undefined || answer === undefined || next === undefined || asked < 0 || next < 0) {
    return "its chat template leaves out the user's message";
  }
  if (answer < asked || next < answer) return 'its chat template leaves out earlier answers, or changes their order';
  const between = rendered.slice(asked + ASKED.length, answer) + rendered.slice(answer + ANSWER.length, next);
  return between.trim() === '' ? 'its chat template does not mark the role of each message' : undefined;
}

function goFormat(modelId: string, shown: ShownModel, template: ChatTemplate): RenderedFormat {
  const keepsPersona = template.render([{ role: 'system', content: PERSONA }, ...PLAIN]).includes(PERSONA);
  // As on newer servers, models that can think do so by default.
  const usually = shown.capabilities.includes('thinking') ? true : undefined;
  return {
    type: 'rendered',
    thinking: thinkingFormat(shown.template),
    stop: [],
    render: (prompt) =>
      understood(modelId, () =>
        template.render(messagesOf(prompt, keepsPersona), { think: prompt.thinking ?? usually }),
      ),
  };
}

/** If the template has no place for a persona, the persona goes before the user's first words, as the authors of such models recommend. */
function messagesOf({ persona = '', messages }: ChatPrompt, keepsPersona: boolean): TemplateMessage[] {
  const spoken = messages.map(({ role, text, thinking }) => ({ role, content: text, thinking }));
  if (persona === '') return spoken;
  if (keepsPersona) return [{ role: 'system', content: persona }, ...spoken];
  const [first, ...rest] = spoken;
  if (first?.role !== 'user') return [{ role: 'user', content: persona }, ...spoken];
  return [{ ...first, content: `${persona}\n\n${first.content}` }, ...rest];
}

function jinjaFormat(
  modelId: string,
  source: string,
  { model_info: info }: ShownModel,
  { beginText, specialTexts, beginsItself }: OllamaVocabulary,
): RenderedFormat {
  const tokens: unknown = info['tokenizer.ggml.tokens'];
  const spelled = (key: string): string | undefined => {
    const token: unknown = Array.isArray(tokens) ? tokens[Number(info[`tokenizer.ggml.${key}`])] : undefined;
    return typeof token === 'string' ? token : undefined;
  };
  const template = openChatTemplate(source, {
    specialTokens: { bos_token: spelled('bos_token_id'), eos_token: spelled('eos_token_id') },
  });
  // Stays the same while the model is open, because a change would change the beginning of every prompt.
  const now = new Date();
  return {
    type: 'rendered',
    thinking: template.thinking,
    stop: template.afterAnswer.flatMap((written) => firstOf(specialTexts, written) ?? []),
    render: (prompt) => {
      const rendered = understood(modelId, () => template.render(prompt, { now }));
      // The server puts a begin-of-text token before every raw prompt.
      const begins = beginsItself && beginText !== '' && rendered.startsWith(beginText);
      return begins ? rendered.slice(beginText.length) : rendered;
    },
  };
}

function firstOf(marks: readonly string[], text: string): string | undefined {
  const found = marks.filter((mark) => mark !== '' && text.includes(mark));
  return found.toSorted((a, b) => text.indexOf(a) - text.indexOf(b) || b.length - a.length)[0];
}

function understood<T>(modelId: string, render: () => T): T {
  try {
    return render();
  } catch (error) {
    if (!(error instanceof TemplateSyntaxError || error instanceof TemplateError)) throw error;
    throw unsupported(modelId, `its chat template cannot be read: ${error.message}`, error);
  }
}

function unsupported(modelId: string, why: string, cause?: unknown): ModelError {
  return new ModelError(
    'Model.Unsupported',
    `Model "${modelId}" cannot chat here: ${why}. ` +
      `Use its GGUF file, or the server's other interface: ${modelId.replace(/^ollama:/u, 'openai:')}`,
    { cause },
  );
}
