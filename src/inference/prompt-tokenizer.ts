import {
  JinjaTemplateChatWrapper,
  LlamaText,
  resolveChatWrapper,
  SpecialTokensText,
  type ChatHistoryItem,
  type ChatWrapper,
  type LlamaModel,
  type LlamaTextValue,
} from 'node-llama-cpp';
import { promptThinking, thinkingFormat, type PromptThinking } from './chat-template/thinking-format.js';
import { openingWithoutInventedPersona } from './invented-persona.js';
import type { Prompt } from './language-model.js';

export interface PromptTokenizer {
  /** The prompt as the model will see it; at least one token. */
  tokenize(prompt: Prompt): TokenizedPrompt;
}

export interface TokenizedPrompt {
  readonly tokens: number[];
  /** Tokens that end an answer to this prompt, besides the model's own end-of-generation tokens. */
  readonly endTokens: ReadonlySet<number>;
  /** Text that ends an answer to this prompt, in formats whose turns end in plain text. */
  readonly endTexts: readonly string[];
  /** The marks of thoughts that answers to this prompt may begin with. Missing: the model does not think, or the prompt is raw text. */
  readonly thinking?: PromptThinking;
}

/**
 * Renders prompts by the chat template in the model's file. Template text alone may become special tokens: what users and
 * personas write is tokenized as plain text, also where it spells `<|im_end|>`.
 *
 * Without a persona there is no system message, also where the template would make one up (`openingWithoutInventedPersona`).
 */
export function createPromptTokenizer(model: LlamaModel): PromptTokenizer {
  let template: ChatTemplate | undefined;
  return {
    tokenize(prompt) {
      if (prompt.type === 'text') {
        const tokens = withBeginToken(model, model.tokenize(prompt.text, false));
        return { tokens, endTokens: new Set(), endTexts: [] };
      }
      template ??= chatTemplate(model);
      const rendered = template(prompt);
      const ends = rendered.stopTriggers.map((trigger) => endOf(model, trigger));
      const { chat_template: source } = model.fileInfo.metadata.tokenizer ?? {};
      const format = typeof source === 'string' ? thinkingFormat(source) : undefined;
      return {
        ...(format && { thinking: promptThinking(format, rendered.text.toString()) }),
        tokens: withBeginToken(model, rendered.text.tokenize(model.tokenizer)),
        endTokens: new Set(ends.flatMap(({ token }) => token ?? [])),
        endTexts: ends.flatMap(({ text }) => text ?? []),
      };
    },
  };
}

type ChatTemplate = (prompt: ChatPrompt) => { readonly text: LlamaText; readonly stopTriggers: readonly LlamaText[] };
type ChatPrompt = Extract<Prompt, { type: 'chat' }>;

function chatTemplate(model: LlamaModel): ChatTemplate {
  const wrapper = chatWrapper(model);
  const opening = personaFreeOpening(model, wrapper);
  return (prompt) => {
    const { contextText, stopGenerationTriggers } = wrapper.generateContextState({ chatHistory: chatHistory(prompt) });
    const text = opening !== undefined && !hasPersona(prompt) ? replaceOpening(contextText, opening) : contextText;
    return { text, stopTriggers: stopGenerationTriggers };
  };
}

/** What opens a prompt without a persona in place of the template's own opening; undefined when that is good. */
function personaFreeOpening(model: LlamaModel, wrapper: ChatWrapper): string | undefined {
  const values = (persona?: string): readonly LlamaTextValue[] => {
    const messages = [{ role: 'user' as const, text: 'user text' }];
    return wrapper.generateContextState({ chatHistory: chatHistory({ type: 'chat', persona, messages }) }).contextText
      .values;
  };
  const [withoutSystem] = values();
  const [beforeSystem, persona, afterSystem] = values('persona');
  if (!isTemplateText(withoutSystem) || !isTemplateText(beforeSystem) || !isTemplateText(afterSystem)) return undefined;
  if (persona !== 'persona') return undefined;
  return openingWithoutInventedPersona({
    withoutSystem: withoutSystem.value,
    beforeSystem: beforeSystem.value,
    afterSystem: afterSystem.value,
    endMarks: [model.tokens.eotString, model.tokens.eosString].filter((mark) => mark !== null),
  });
}

function replaceOpening(text: LlamaText, opening: string): LlamaText {
  return LlamaText([new SpecialTokensText(opening), ...text.values.slice(1)]);
}

function isTemplateText(value: LlamaTextValue | undefined): value is SpecialTokensText {
  return value instanceof SpecialTokensText;
}

function hasPersona({ persona }: ChatPrompt): boolean {
  return persona !== undefined && persona !== '';
}

function chatHistory(prompt: ChatPrompt): ChatHistoryItem[] {
  return [
    ...(hasPersona(prompt) ? [{ type: 'system' as const, text: prompt.persona ?? '' }] : []),
    ...prompt.messages.map(({ role, text }): ChatHistoryItem =>
      role === 'user' ? { type: 'user', text } : { type: 'model', response: [text] },
    ),
    // The answer to come: makes the template open the model's turn.
    { type: 'model', response: [''] },
  ];
}

function chatWrapper(model: LlamaModel): ChatWrapper {
  const template = model.fileInfo.metadata.tokenizer?.chat_template;
  if (typeof template === 'string') {
    try {
      // Named outright: left to itself, the library swaps templates it knows for wrappers of its own, which may differ.
      return new JinjaTemplateChatWrapper({ template, tokenizer: model.tokenizer });
    } catch {
      // A template beyond the library's Jinja: the closest wrapper it knows.
    }
  }
  return resolveChatWrapper(model, { noJinja: true, warningLogs: false });
}

/** Exactly one begin-of-text token where the model wants one: templates often write it themselves. */
function withBeginToken(model: LlamaModel, tokens: readonly number[]): number[] {
  const { bos, eos, shouldPrependBosToken } = model.tokens;
  const begin = bos ?? eos;
  if (tokens.length === 0) return begin === null ? [] : [begin];
  if (tokens[0] === bos && tokens[1] === bos) return tokens.slice(1);
  return shouldPrependBosToken && bos !== null && tokens[0] !== bos ? [bos, ...tokens] : [...tokens];
}

function endOf(model: LlamaModel, trigger: LlamaText): { token?: number; text?: string } {
  const text = trigger.values.every((value) => typeof value === 'string') ? trigger.values.join('') : undefined;
  if (text !== undefined) return text.trim() === '' ? {} : { text };
  const first = trigger.tokenize(model.tokenizer)[0];
  return first !== undefined && model.isSpecialToken(first) ? { token: first } : {};
}
