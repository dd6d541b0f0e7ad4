import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnigramTokenizer, type UnigramVocabulary } from './unigram-tokenizer.js';

const UNKNOWN_SCORE = -20;
const LETTERS = ['a', 'b', 'é', '备', '😀'] as const;
const latin1 = (text: string): string => Buffer.from(text).toString('latin1');

/** Piece 0 is the unknown piece. */
function vocabularyOf(pieces: readonly (readonly [piece: string, score: number])[], merges = true): UnigramVocabulary {
  return {
    pieces: [undefined, ...pieces.map(([piece]) => latin1(piece))],
    scores: Float32Array.from([0, ...pieces.map(([, score]) => score)]),
    unknown: 0,
    unknownScore: UNKNOWN_SCORE,
    addsSpace: true,
    mergesSpaces: merges,
  };
}

/** Tries every way to cut a text, which has at most one space between words. */
function bestScore(text: string, vocabulary: UnigramVocabulary): number {
  const { pieces, scores } = vocabulary;
  if (text === '') return 0;
  const known = pieces.flatMap((piece, id) => {
    if (piece === undefined || !latin1(text).startsWith(piece)) return [];
    const rest = Buffer.from(latin1(text).slice(piece.length), 'latin1').toString();
    return [(scores[id] ?? 0) + bestScore(rest, vocabulary)];
  });
  return Math.max(...known);
}

describe('UnigramTokenizer', () => {
  const words = vocabularyOf([
    ['▁', -4],
    ['a', -3],
    ['b', -3],
    ['ab', -5],
    ['▁ab', -6.5],
    ['备', -3],
    ['备份', -4],
    ['😀', -3],
  ]);

  it('takes the most probable pieces, not the longest ones', () => {
    // Calculated by hand: "▁ab" is -6.5, "▁" and "ab" are -9; in "abb" then "b" is -9.5; "▁", "a", "b", "b" would be -13.
    expect(new UnigramTokenizer(words).tokenize('abb')).toEqual([5, 3]);
    expect(new UnigramTokenizer(words).tokenize('备份')).toEqual([1, 7]);
  });

  it('makes one unknown piece of what it does not know, whole characters at a time', () => {
    expect(new UnigramTokenizer(words).tokenize('a份x😀')).toEqual([1, 2, 0, 8]);
    expect(new UnigramTokenizer(words).tokenize('\ud800')).toEqual([1, 0]);
  });

  it('takes spaces together where the vocabulary says so', () => {
    expect(new UnigramTokenizer(words).tokenize('  a   b ')).toEqual([1, 2, 1, 3]);
    const spaced = vocabularyOf([['▁', -4], ['a', -3]], false); // prettier-ignore
    expect(new UnigramTokenizer(spaced).tokenize('a  ')).toEqual([1, 2, 1, 1]);
  });

  it('makes nothing of nothing', () => {
    expect(new UnigramTokenizer(words).tokenize('')).toEqual([]);
    expect(new UnigramTokenizer(words).tokenize('   ')).toEqual([]);
  });

  it('finds the best of all ways, for any vocabulary', () => {
    const letters = fc.constantFrom(...LETTERS);
    const piece = fc.tuple(
      fc.array(letters, { minLength: 2, maxLength: 3 }).map((many) => many.join('')),
      // Uses quarters, so that sums are exact in any order.
      fc.integer({ min: -40, max: -1 }).map((quarters) => quarters / 4),
    );
    fc.assert(
      fc.property(
        fc.uniqueArray(piece, { selector: ([text]) => text, maxLength: 12 }),
        fc.array(letters, { minLength: 1, maxLength: 7 }).map((many) => many.join('')),
        (pieces, text) => {
          // Includes all letters, because unknown characters in a row become one piece, whose score does not show their number.
          const vocabulary = vocabularyOf([['▁', -1], ...LETTERS.map((letter) => [letter, -9] as const), ...pieces]);
          const found = new UnigramTokenizer(vocabulary).tokenize(text);
          const score = found.reduce((sum, id) => sum + (vocabulary.scores[id] ?? 0), 0);
          expect(score).toBe(bestScore(`▁${text}`, vocabulary));
        },
      ),
    );
  });

  it('takes time in proportion to the length of a text', () => {
    const tokenizer = new UnigramTokenizer(words);
    expect(tokenizer.tokenize('ab'.repeat(100_000))).toHaveLength(100_000);
  });
});
