import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_DECODING } from '../../domain/decoding.js';
import { RepetitionDetector } from './repetition-detector.js';

/** Uses words, spaces and signs as tokens, which are about as long as a model's. */
function tokensOf(text: string): number[] {
  const words = new Map<string, number>();
  return (text.match(/\s|\w+|[^\s\w]/gu) ?? []).map((word) => {
    if (!words.has(word)) words.set(word, words.size);
    return words.get(word) ?? 0;
  });
}

/** Number of tokens after which the repetition is detected; undefined if it is not. */
function noticedAfter(tokens: readonly number[], leastRepeated = DEFAULT_DECODING.repetitionLimit): number | undefined {
  const detector = new RepetitionDetector(leastRepeated);
  const index = tokens.findIndex((token) => detector.push(token));
  return index < 0 ? undefined : index + 1;
}

const SENTENCE = 'I am sorry, but I can not help you with that. ';
const PARAGRAPH = Array.from({ length: 40 }, (_, index) => `The word ${index} stands here. `).join('');

describe('repetition detector', () => {
  it('notices a word, a sentence and a paragraph said again and again', () => {
    for (const text of ['ha ', SENTENCE, PARAGRAPH.slice(0, 500)]) {
      expect(noticedAfter(tokensOf(`A good beginning. ${text.repeat(200)}`))).toBeDefined();
    }
  });

  it('notices it soon', () => {
    const sentence = tokensOf(SENTENCE).length;
    const limit = DEFAULT_DECODING.repetitionLimit;
    expect(noticedAfter(tokensOf(SENTENCE.repeat(50)))).toBe(Math.max(limit, 2 * sentence) + sentence);
  });

  it.each([
    ['a numbered list', Array.from({ length: 60 }, (_, index) => `${index + 1}. Wash the dishes.\n`).join('')],
    ['a Markdown table', Array.from({ length: 60 }, (_, index) => `| item | ${index} | yes | no |\n`).join('')],
    [
      'code',
      Array.from({ length: 30 }, (_, index) => `  if (value === ${index}) {\n    return names[${index}];\n  }\n`).join(
        '',
      ),
    ],
    [
      'verse with a refrain',
      Array.from({ length: 8 }, (_, verse) =>
        `Verse ${verse} tells a tale.\nRow, row, row your boat,\n`.repeat(2),
      ).join('\n'),
    ],
    ['a ruler', '-'.repeat(80)],
    ['a row of zeros', `[${'0, '.repeat(16)}0]`],
    ['a shout', 'no '.repeat(20)],
  ])('lets %s pass', (_, text) => {
    expect(noticedAfter(tokensOf(text))).toBeUndefined();
  });

  it('never ends text in which no run of tokens comes three times in a row', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 5000 }), { minLength: 1, maxLength: 600 }), (tokens) => {
        expect(noticedAfter([...tokens, ...tokens])).toBeUndefined();
      }),
    );
  });

  it('notices every exact cycle of up to 256 tokens', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 256 }), (cycle) => {
        const repeats = Math.ceil(DEFAULT_DECODING.repetitionLimit / cycle.length) + 3;
        expect(noticedAfter(Array.from({ length: repeats }, () => cycle).flat())).toBeDefined();
      }),
      { numRuns: 50 },
    );
  });

  it('is off at 0', () => {
    expect(noticedAfter(tokensOf('ha '.repeat(500)), 0)).toBeUndefined();
  });
});
