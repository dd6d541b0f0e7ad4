import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { citationsIn, createCitationFilter, repairCitations, sourcedAnswer, ungroundedAnswer } from './citations.js';
import type { GroundedSource } from './grounded-source.js';

const source = (number: number): GroundedSource => ({
  number,
  knowledgeBase: 'docs',
  uri: `/docs/${number}.md`,
  title: `Document ${number}`,
  mediaType: 'text/markdown',
  headings: ['Top', 'Below'],
  start: number * 100,
  end: number * 100 + 50,
  text: 'said',
});
const three = [1, 2, 3].map(source);

describe('repairCitations', () => {
  it.each([
    ['A [1]. B [3].', 'A [1]. B [3].'],
    ['A [1,2] and [2;3] and [1 2].', 'A [1, 2] and [2, 3] and [1, 2].'],
    ['A [1][3] B', 'A [1][3] B'],
    ['A [1-3], [2–9].', 'A [1, 2, 3], [2, 3].'],
    ['A [Source 1], [sources 1, 2], [^2], [#3]', 'A [1], [1, 2], [2], [3]'],
    ['甲【1】,乙【1、2】,丙[来源2],丁［３］。', '甲【1】,乙【1、2】,丙[2],丁[3]。'],
    ['A [4].', 'A.'],
    ['A [4] B', 'A B'],
    ['A[4] B', 'A B'],
    ['[4] A', 'A'],
    ['A [0], [17][1] and [2, 9].', 'A, [1] and [2].'],
    ['甲【7】。乙[9]', '甲。乙'],
    ['A [4]\n\nB [5]', 'A\n\nB'],
    ['[[1]] [[4]] [1, [2]]', '[[1]] [] [1, [2]]'],
    ['[[9]7] [1, [9]7] x', '[1] x'],
    ['[1] [01] [1】', '[1] [1] [1]'],
    ['[ ] [x] [source] [a1] [1a] [] 5] [1', '[ ] [x] [source] [a1] [1a] [] 5] [1'],
    ['[link](https://x.example/[y])', '[link](https://x.example/[y])'],
    ['[1\n2]', '[1\n2]'],
  ])('%j becomes %j', (text, expected) => expect(repairCitations(text, 3)).toBe(expected));

  it('makes no mark of what is too long to be one', () => {
    expect(repairCitations(`[${'9, '.repeat(100)}]`, 3)).not.toContain('[');
  });
});

/** Pieces that marks are made of, and things like them. */
const pieces = fc.array(
  fc.oneof(
    fc.constantFrom(
      '[',
      ']',
      '【',
      '】',
      '［',
      '］',
      '1',
      '2',
      '3',
      '4',
      '0',
      '12',
      ',',
      ', ',
      '、',
      '-',
      ' ',
      '\n',
      '。',
      '.',
    ),
    fc.constantFrom('source ', '来源', '[1]', ' [7]', '[[', '^', 'word', ' and ', '1', '3'),
    fc.string({ unit: 'binary', maxLength: 3 }),
  ),
  { maxLength: 60 },
);
const count = fc.integer({ min: 0, max: 3 });

describe('whatever a model writes', () => {
  it('names no source that does not exist', () => {
    fc.assert(
      fc.property(pieces, count, (text, sources) => {
        const repaired = repairCitations(text.join(''), sources);
        // A mark stands on one line.
        for (const [, numbers = ''] of repaired.matchAll(/[[【［][ \t]*(\d+(?:[ \t,、,;;–-]+\d+)*)[ \t]*[\]】］]/gu)) {
          for (const number of numbers.match(/\d+/gu) ?? []) {
            expect(Number(number)).toBeGreaterThanOrEqual(1);
            expect(Number(number)).toBeLessThanOrEqual(sources);
          }
        }
        expect(citationsIn(repaired, three.slice(0, sources))).toEqual(
          citationsIn(repairCitations(repaired, sources), three.slice(0, sources)),
        );
      }),
      { numRuns: 5000 },
    );
  });

  it('is shown as what it comes to, however it is cut, and never otherwise', () => {
    fc.assert(
      fc.property(pieces, count, fc.infiniteStream(fc.integer({ min: 1, max: 7 })), (text, sources, lengths) => {
        const whole = text.join('');
        const expected = repairCitations(whole, sources);
        const filter = createCitationFilter(sources);
        let shown = '';
        for (let at = 0; at < whole.length;) {
          const length = lengths.next().value;
          shown += filter.push(whole.slice(at, at + length));
          expect(expected.startsWith(shown)).toBe(true);
          at += length;
        }
        expect(shown + filter.end()).toBe(expected);
      }),
      { numRuns: 3000 },
    );
  });

  it('is held back by no more than a mark', () => {
    fc.assert(
      fc.property(pieces, (text) => {
        const whole = text.join('').replaceAll(' ', '_');
        const filter = createCitationFilter(3);
        const shown = filter.push(whole);
        expect(filter.end().length).toBeLessThanOrEqual(64);
        expect(shown.length).toBeLessThanOrEqual(whole.length * 2);
      }),
    );
  });

  it('stays as it is where it has no brackets', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const plain = text.replace(/[[\]【】［］]/gu, '');
        expect(repairCitations(plain, 2)).toBe(plain);
      }),
    );
  });
});

describe('answers', () => {
  it('point at document, section and offsets', () => {
    const { citations, ...answer } = sourcedAnswer('A [2]. B [1][2]. C [9].', three, []);
    expect(answer).toEqual({ grounded: true, text: 'A [2]. B [1][2]. C.', sources: three, failures: [] });
    expect(citations).toEqual([
      {
        number: 1,
        knowledgeBase: 'docs',
        uri: '/docs/1.md',
        title: 'Document 1',
        mediaType: 'text/markdown',
        headings: ['Top', 'Below'],
        start: 100,
        end: 150,
        marks: [{ start: 9, end: 12 }],
      },
      expect.objectContaining({
        number: 2,
        marks: [
          { start: 2, end: 5 },
          { start: 12, end: 15 },
        ],
      }),
    ]);
  });

  it('without a source are marked', () => {
    expect(sourcedAnswer('I think so [7].', three, [])).toMatchObject({
      grounded: false,
      text: 'I think so.',
      notice: 'no source cited',
      citations: [],
    });
    const failures = [{ source: 'searxng', reason: 'is not there' }];
    expect(ungroundedAnswer('Paris [1].', failures)).toEqual({
      grounded: false,
      text: 'Paris.',
      notice: 'no documents found',
      citations: [],
      sources: [],
      failures,
    });
  });
});
