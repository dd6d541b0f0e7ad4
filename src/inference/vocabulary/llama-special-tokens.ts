import { LlamaVocabularyType, type GgufMetadataTokenizer, type LlamaModel, type Token } from 'node-llama-cpp';
import { SpecialTokenIndex, type SpecialToken } from '../chat-template/special-tokens.js';

/** The default chat template in a model's file; undefined when there is none. */
export function templateOf(model: LlamaModel): string | undefined {
  const template: unknown = model.fileInfo.metadata.tokenizer?.chat_template;
  return typeof template === 'string' && template.trim() !== '' ? template : undefined;
}

/** The token types in GGUF files that llama.cpp matches before all others: unknown, control, user-defined. */
const SPECIAL_TYPES = new Set([2, 3, 4]);

/** All tokens at which llama.cpp cuts a text before it tokenizes the rest. */
export function specialTokensOf(model: LlamaModel): SpecialTokenIndex {
  const { tokens, token_type: types }: Partial<GgufMetadataTokenizer['ggml']> =
    model.fileInfo.metadata.tokenizer?.ggml ?? {};
  const specials: SpecialToken[] = [];
  for (const token of model.iterateAllTokens()) {
    const text = tokens?.[token];
    // llama.cpp turns some tokens into control tokens that the file calls normal: those that end turns.
    if (text === undefined || !(SPECIAL_TYPES.has(types?.[token] ?? 1) || model.isEogToken(token))) continue;
    const attributes = model.getTokenAttributes(token);
    if (!attributes.control && !attributes.userDefined && !attributes.unknown) continue;
    specials.push({
      token,
      text,
      isUserDefined: attributes.userDefined,
      stripsLeft: attributes.lstrip,
      stripsRight: attributes.rstrip,
    });
  }
  return new SpecialTokenIndex(specials);
}

/** The shape of a mark, as opposed to a word of a language: `<|a|>`, `<a:b>`, `[A]`, `<think>`, `<start_of_turn>`. */
const MARK =
  /^(?:<[^<>]*[|｜:][^<>]*>|\[\/?[A-Z_]{2,}\]|◁.*▷|<\/?(?:s|bos|eos|pad|unk|think|tool_\w+|\w*(?:start|end|begin)_of_\w+)>)$/u;

/**
 * The special tokens that a user's text must never become: all control tokens, and the user-defined tokens that are marks. The model needs
 * the other user-defined ones (runs of spaces, HTML tags in Gemma's vocabulary) to read such text.
 */
export function guardedTokens(specials: SpecialTokenIndex, template: string): SpecialTokenIndex {
  return new SpecialTokenIndex(
    specials.tokens.filter(
      ({ text, isUserDefined }) =>
        !isUserDefined || (text.trim() !== '' && (template.includes(text) || MARK.test(text))),
    ),
  );
}

/** Names of special tokens in transformers, and the GGUF keys that hold them. */
const NAMED = {
  bos_token: 'bos_token_id',
  eos_token: 'eos_token_id',
  unk_token: 'unknown_token_id',
  pad_token: 'padding_token_id',
  sep_token: 'seperator_token_id',
  mask_token: 'mask_token_id',
} as const;

/** Spellings of the special tokens that the file names; excludes llama.cpp's own guesses for byte-level vocabularies. */
export function spellingsOf(model: LlamaModel): Readonly<Record<string, string | undefined>> {
  const ggml = model.fileInfo.metadata.tokenizer?.ggml as
    (Readonly<Record<string, unknown>> & { readonly tokens?: readonly string[] }) | undefined;
  const isSentencePiece = model.vocabularyType === LlamaVocabularyType.spm;
  const guessed: Readonly<Record<string, Token | null>> = isSentencePiece
    ? { bos_token: model.tokens.bos, eos_token: model.tokens.eos }
    : {};
  return Object.fromEntries(
    Object.entries(NAMED).map(([name, key]) => {
      const token = ggml?.[key] ?? guessed[name];
      return [name, typeof token === 'number' ? ggml?.tokens?.[token] : undefined];
    }),
  );
}
