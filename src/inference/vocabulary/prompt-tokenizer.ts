import { LlamaVocabularyType, type LlamaModel } from 'node-llama-cpp';
import type { ChatPrompt } from '../chat-template/chat-variables.js';
import { TemplateError } from '../chat-template/jinja/template-error.js';
import { openChatTemplate, type ChatTemplate } from '../chat-template/open-chat-template.js';
import { splitAtSpecialTokens, type SpecialTokenIndex } from '../chat-template/special-tokens.js';
import { TextGuard } from '../chat-template/text-guard.js';
import { promptThinking, writtenClose, type PromptThinking } from '../chat-template/thinking-format.js';
import { turnEnds, type TurnEnds } from '../chat-template/turn-ends.js';
import type { Prompt } from '../language-model.js';
import { guardedTokens, spellingsOf, specialTokensOf, templateOf } from './llama-special-tokens.js';
import { ModelError } from '../model-error.js';

export interface PromptTokenizer {
  /**
   * The prompt as the model sees it; at least one token.
   *
   * @throws {ModelError} `Model.Unsupported` for a chat without a template, or one that the template refuses
   */
  tokenize(prompt: Prompt): TokenizedPrompt;
}

export interface TokenizedPrompt {
  readonly tokens: number[];
  /** Tokens that end an answer to this prompt, besides the model's own end-of-generation tokens. */
  readonly endTokens: ReadonlySet<number>;
  /** Texts that end an answer to this prompt, in formats whose turns end in plain text. */
  readonly endTexts: readonly string[];
  /** Marks of the thoughts that answers to this prompt may begin with. Missing if the model does not think, or the prompt is raw text. */
  readonly thinking?: TokenizedThinking;
}

export interface TokenizedThinking extends PromptThinking {
  /** `open` as the model would write it. */
  readonly openTokens: readonly number[];
  /** `close` as the model would write it after a thought, including the white space around it. */
  readonly closeTokens: readonly number[];
}

export interface PromptTokenizerOptions {
  /** Name of the model in errors. Default: the file's name. */
  readonly modelId?: string;
  /**
   * The current time for templates, in local time. It stays the same while the model is open, because a change would change the beginning
   * of every prompt. Default: now.
   */
  readonly now?: Date;
}

/**
 * Renders prompts with the chat template in the model's file, exactly as transformers does, and tokenizes them as llama.cpp does. Only text
 * of the template may become special tokens: text by users and personas stays plain, even if it spells `<|im_end|>`. A file without a
 * template serves raw text only.
 *
 * @throws {ModelError} `Model.Unsupported`, with the reason and the line, when the template cannot be rendered as Python would
 */
export function createPromptTokenizer(model: LlamaModel, options: PromptTokenizerOptions = {}): PromptTokenizer {
  const { modelId = model.filename ?? 'unnamed', now = new Date() } = options;
  const chat = openChat(model, modelId, now);
  return {
    tokenize(prompt) {
      if (prompt.type === 'chat') return chat(prompt);
      const tokens = withBeginToken(model, model.tokenize(prompt.text, false));
      return { tokens, endTokens: new Set(), endTexts: [] };
    },
  };
}

type ChatTokenizer = (prompt: ChatPrompt) => TokenizedPrompt;

function openChat(model: LlamaModel, modelId: string, now: Date): ChatTokenizer {
  const source = templateOf(model);
  if (source === undefined) {
    return () => {
      throw new ModelError(
        'Model.Unsupported',
        `The file of model "${modelId}" holds no chat template, so it cannot chat: it is a base model, or was converted without one. ` +
          'Let it continue raw text (colloquy complete), or use the file of its instruct model.',
      );
    };
  }
  const specials = specialTokensOf(model);
  const template = orUnsupported(modelId, 'cannot be rendered', () =>
    openChatTemplate(source, { specialTokens: spellingsOf(model) }),
  );
  const ends = turnEnds(template, specials);
  const guarded = guardedTokens(specials, source);
  return (prompt) =>
    orUnsupported(modelId, 'refuses this conversation', () =>
      tokenizeChat(prompt, { model, template, source, specials, guarded, ends, now }),
    );
}

interface OpenedChat {
  readonly model: LlamaModel;
  readonly template: ChatTemplate;
  readonly source: string;
  readonly specials: SpecialTokenIndex;
  readonly guarded: SpecialTokenIndex;
  readonly ends: TurnEnds;
  readonly now: Date;
}

function tokenizeChat(prompt: ChatPrompt, opened: OpenedChat): TokenizedPrompt {
  const { model, template, specials, ends, now } = opened;
  const guard = new TextGuard(opened.guarded);
  const rendered = template.render(guardTexts(prompt, guard, opened), { now });
  const tokensOf = (text: string): number[] =>
    splitAtSpecialTokens(text, specials).flatMap((fragment) =>
      typeof fragment === 'string' ? tokenizePlain(model, guard.restore(fragment)) : [fragment.token],
    );
  const thinking = template.thinking && tokenizedThinking(promptThinking(template.thinking, rendered), tokensOf);
  // Some templates open thoughts even if thinking is off. This closes them before they begin.
  const isClosed = thinking?.isOpen === true && prompt.thinking === false;
  return {
    ...(thinking && { thinking: { ...thinking, isOpen: thinking.isOpen && !isClosed } }),
    tokens: withBeginToken(model, [...tokensOf(rendered), ...(isClosed ? thinking.closeTokens : [])]),
    endTokens: ends.tokens,
    endTexts: ends.texts,
  };
}

function tokenizedThinking(thinking: PromptThinking, tokensOf: (text: string) => readonly number[]): TokenizedThinking {
  return { ...thinking, openTokens: tokensOf(thinking.open), closeTokens: tokensOf(writtenClose(thinking)) };
}

/** Leaves the marks of thoughts in answers, if the template looks for them there in order to cut thoughts out. */
function guardTexts(prompt: ChatPrompt, guard: TextGuard, { source, template }: OpenedChat): ChatPrompt {
  const { open, close } = template.thinking ?? { open: '', close: '' };
  const sought = [open, close].filter((mark) => mark !== '' && source.includes(mark));
  return {
    ...prompt,
    ...(prompt.persona !== undefined && { persona: guard.hide(prompt.persona) }),
    messages: prompt.messages.map((message) => ({
      ...message,
      text: guard.hide(message.text, message.role === 'assistant' ? sought : []),
      ...(message.thinking !== undefined && { thinking: guard.hide(message.thinking) }),
    })),
  };
}

/** Tokenizes plain text between special tokens, in the pieces that `TextGuard` cut it into. */
function tokenizePlain(model: LlamaModel, [first = '', ...rest]: readonly string[]): readonly number[] {
  return [...model.tokenize(first, false), ...rest.flatMap((piece) => tokenizeContinued(model, piece))];
}

/** SentencePiece puts a space before every text. This avoids the space by tokenizing the text after a line break, which never joins with it. */
function tokenizeContinued(model: LlamaModel, text: string): readonly number[] {
  if (model.vocabularyType !== LlamaVocabularyType.spm) return model.tokenize(text, false);
  const lead = model.tokenize('\n', false);
  const tokens = model.tokenize(`\n${text}`, false);
  return lead.every((token, index) => tokens[index] === token)
    ? tokens.slice(lead.length)
    : model.tokenize(text, false);
}

/** Ensures exactly one begin-of-text token if the model needs one; templates often write it themselves. */
function withBeginToken(model: LlamaModel, tokens: readonly number[]): number[] {
  const { bos, eos, shouldPrependBosToken } = model.tokens;
  const begin = bos ?? eos;
  if (tokens.length === 0) return begin === null ? [] : [begin];
  if (tokens[0] === bos && tokens[1] === bos) return tokens.slice(1);
  return shouldPrependBosToken && bos !== null && tokens[0] !== bos ? [bos, ...tokens] : [...tokens];
}

function orUnsupported<Result>(modelId: string, what: string, run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    const where = error.line === undefined ? '' : ` (line ${error.line} of the template)`;
    throw new ModelError(
      'Model.Unsupported',
      `The chat template in the file of model "${modelId}" ${what}: ${error.message}${where}. ` +
        'Use a file with another template, or serve the model by a server that renders it.',
      { cause: error, details: { reason: error.message, line: error.line ?? null } },
    );
  }
}
