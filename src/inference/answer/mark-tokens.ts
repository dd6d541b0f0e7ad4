import type { Vocabulary } from '../vocabulary/llama-vocabulary.js';
import type { ThoughtMarks } from './thought-splitter.js';

/** A vocabulary's view of marks that are special tokens, or hold some: as such they are no text. */
export interface MarkTokens {
  /** As the vocabulary's, but marks by name. */
  readonly detokenizeMarked: Vocabulary['detokenize'];
  /** Whether the token is part of what closes thoughts, also where it would end an answer. */
  readonly isInClose: (token: number) => boolean;
}

/** The special tokens in the marks of thoughts. */
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
