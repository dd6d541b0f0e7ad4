import {
  JinjaTemplateChatWrapper,
  resolveChatWrapper,
  type ChatHistoryItem,
  type ChatWrapper,
  type LlamaModel,
  type LlamaText,
} from 'node-llama-cpp';
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
}

/**
 * Renders prompts by the chat template in the model's file. Template text alone may become special tokens: what users and
 * personas write is tokenized as plain text, also where it spells `<|im_end|>`.
 *
 * Without a persona no system message is sent. Where the template then adds one of its own (SmolLM2's does), it stays: the
 * model was trained with it.
 */
export function createPromptTokenizer(model: LlamaModel): PromptTokenizer {
  let wrapper: ChatWrapper | undefined;
  return {
    tokenize(prompt) {
      if (prompt.type === 'text') {
        const tokens = withBeginToken(model, model.tokenize(prompt.text, false));
        return { tokens, endTokens: new Set(), endTexts: [] };
      }
      wrapper ??= chatWrapper(model);
      const state = wrapper.generateContextState({ chatHistory: chatHistory(prompt) });
      const ends = state.stopGenerationTriggers.map((trigger) => endOf(model, trigger));
      return {
        tokens: withBeginToken(model, state.contextText.tokenize(model.tokenizer)),
        endTokens: new Set(ends.flatMap(({ token }) => token ?? [])),
        endTexts: ends.flatMap(({ text }) => text ?? []),
      };
    },
  };
}

function chatHistory({ persona, messages }: Prompt & { type: 'chat' }): ChatHistoryItem[] {
  return [
    ...(persona === undefined || persona === '' ? [] : [{ type: 'system' as const, text: persona }]),
    ...messages.map(({ role, text }): ChatHistoryItem =>
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
