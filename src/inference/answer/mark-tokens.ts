import type { Vocabulary } from '../vocabulary/llama-vocabulary.js';
import type { ThoughtMarks } from './thought-splitter.js';

/** Handles marks that are special tokens, or contain some. The vocabulary itself gives no text for those. */
export interface MarkTokens {
  /** Like the vocabulary's `detokenize`, but shows marks by name. */
  readonly detokenizeMarked: Vocabulary['detokenize'];
  /** Whether the token is part of the mark that closes thoughts, even if it would otherwise end an answer. */
  readonly isInClose: (token: number) => boolean;
}

/** Finds the special tokens in the marks of thoughts. */
export function markTokens({ open, close, skip = '' }: ThoughtMarks, vocabulary: Vocabulary): MarkTokens {
  const names = new Map<number, string>();
  const marks = [open, close, skip];
  const nameOf = (token: number): string => {
    const known = names.get(token);
    if (known !== undefined) return known;
    const name = vocabulary.detokenize([token], []) === '' ? vocabulary.nameOf(token) : '';
    const mark = name !== '' && marks.some((one) => one.includes(name)) ? name : '';
    names.set(token, mark);
    return mark;
  };
  return {
    isInClose: (token) => nameOf(token) !== '' && close.includes(nameOf(token)),
    detokenizeMarked(tokens, previous) {
      let text = '';
      let from = 0;
      for (const [index, token] of tokens.entries()) {
        const name = nameOf(token);
        if (name === '') continue;
        text += vocabulary.detokenize(tokens.slice(from, index), from === 0 ? previous : tokens.slice(0, from)) + name;
        from = index + 1;
      }
      return text + vocabulary.detokenize(tokens.slice(from), from === 0 ? previous : tokens.slice(0, from));
    },
  };
}
