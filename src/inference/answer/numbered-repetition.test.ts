import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_DECODING } from '../../domain/decoding.js';
import { NumberedRepetitionDetector } from './numbered-repetition.js';

/** Length of the text when the repetition is detected; undefined if it is not. */
function noticedAfter(text: string, cuts: readonly number[] = []): number | undefined {
  const detector = new NumberedRepetitionDetector(DEFAULT_DECODING.repetitionLimit);
  const at = cuts.length > 0 ? [...cuts, text.length] : Array.from(text, (_, index) => index + 1);
  let from = 0;
  for (const end of at) {
    if (detector.push(text.slice(from, end))) return end;
    from = end;
  }
  return undefined;
}

const lines = (count: number, line: (number: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index + 1)).join('');

const SENTENCE = 'I am sorry, but I can not help you with that.';

describe('text that repeats itself under a running number', () => {
  it.each([
    ['numbers in brackets', lines(34, (n) => `(${n}) ${SENTENCE}\n`)],
    ['a numbered list', lines(34, (n) => `${n}. The capital of France is Paris.\n`)],
    ['steps', lines(30, (n) => `Step ${n}: ${SENTENCE} See figure ${n + 4}. `)],
    ['headings', lines(20, (n) => `## Chapter ${n}\n\nThe king went into the forest and met a fox. ${SENTENCE}\n\n`)],
    ['a year that stays', lines(20, (n) => `${n}) In 1998, the king of the land went into the forest again.\n`)],
    ['Chinese', lines(30, (n) => `（${n}）人工智能系统的设计、开发和使用应当符合法律法规。`)],
    [
      'after an honest beginning',
      `Here is what I know.\n1. Bees dance.\n2. Ants do not.\n${lines(40, (n) => `(${n}) ${SENTENCE} `)}`,
    ],
  ])('is noticed: %s', (_, text) => {
    expect(noticedAfter(text)).toBeDefined();
  });

  it('is noticed soon', () => {
    const line = SENTENCE.length + 6;
    expect(noticedAfter(lines(34, (n) => `(${n}) ${SENTENCE}\n`))).toBeLessThan(10 * line);
  });

  const words = [
    'wash',
    'the',
    'red',
    'dishes',
    'with',
    'soap',
    'before',
    'noon',
    'and',
    'dry',
    'every',
    'plate',
    'well',
  ];
  it.each([
    ['counting', lines(300, (n) => `${n}, `)],
    ['counting sheep', lines(20, (n) => `${n} sheep jumped over the fence, `)],
    [
      'a countdown in verse',
      lines(
        99,
        (n) =>
          `${100 - n} bottles of beer on the wall, ${100 - n} bottles of beer. Take one down, pass it around, ${99 - n} bottles of beer on the wall.\n`,
      ),
    ],
    ['a times table', lines(60, (n) => `${n} times 7 is ${n * 7}.\n`)],
    ['a list of short things that are alike', lines(60, (n) => `${n}. Wash the dishes.\n`)],
    [
      'a list of different things',
      lines(60, (n) => `${n}. First ${words.slice(n % 7).join(' ')} on ${words[n % 13]} day ${words[(n * 5) % 13]}.\n`),
    ],
    ['a table', lines(60, (n) => `| ${n} | the name of the item number ${n} | yes | no | 3.5 |\n`)],
    ['code', lines(40, (n) => `  if (value === ${n}) {\n    return names[${n}];\n  }\n`)],
    ['a log in code', lines(40, (n) => `console.log("The value of the item is " + items[${n}]);\n`)],
    [
      'SQL',
      lines(40, (n) => `INSERT INTO users (id, name, mail) VALUES (${n}, 'user${n}', 'user${n}@example.org');\n`),
    ],
    ['CSV', lines(80, (n) => `${n},user${n},user${n}@example.org,active,yes\n`)],
    ['a refrain', lines(5, (n) => `Verse ${n} of the song about the king and his very old dog.\n${SENTENCE}\n`)],
    [
      'steps that differ in a word',
      lines(30, (n) => `Step ${n}: I am ${words[n % 13]}, but I can not help you with the ${words[(n * 3) % 13]}.\n`),
    ],
  ])('is not %s', (_, text) => {
    expect(noticedAfter(text)).toBeUndefined();
  });

  it('is noticed at the same place, however the text is cut into pieces', () => {
    const text = lines(20, (n) => `(${n}) ${SENTENCE}\n`);
    const whole = noticedAfter(text) ?? 0;
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: text.length - 1 }), { minLength: 1, maxLength: 40 }),
        (cuts) => {
          const at = [...new Set([...cuts, whole])].toSorted((a, b) => a - b);
          expect(noticedAfter(text, at)).toBe(whole);
        },
      ),
    );
  });

  it('is noticed whatever is said, where it is prose', () => {
    const word = fc.stringMatching(/^[a-z]{2,9}$/u);
    fc.assert(
      fc.property(fc.array(word, { minLength: 10, maxLength: 60 }), fc.integer({ min: 0, max: 500 }), (said, from) => {
        expect(noticedAfter(lines(30, (n) => `${from + n}. ${said.join(' ')}.\n`))).toBeDefined();
      }),
      { numRuns: 50 },
    );
  });

  it('is off at 0', () => {
    const detector = new NumberedRepetitionDetector(0);
    expect(detector.push(lines(50, (n) => `(${n}) ${SENTENCE}\n`))).toBe(false);
  });
});
