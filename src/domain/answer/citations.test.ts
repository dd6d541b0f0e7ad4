import { describe, expect, it } from 'vitest';
import { sourcedAnswer, ungroundedAnswer } from './citations.js';
import type { GroundedSource } from './grounded-source.js';

const source = (number: number, text = 'The library opens at nine on weekdays.'): GroundedSource => ({
  number,
  knowledgeBase: 'docs',
  uri: `/docs/${number}.md`,
  title: `Document ${number}`,
  mediaType: 'text/markdown',
  headings: ['Top', 'Below'],
  start: number * 100,
  end: number * 100 + 50,
  text,
});
const three = [1, 2, 3].map((number) => source(number));

describe('an answer from sources', () => {
  it('points at document, section and offsets', () => {
    const text = 'It opens at nine [2]. The library too [1][2]. On Sundays [9].';
    const { citations, ...answer } = sourcedAnswer(text, three, []);
    expect(answer).toEqual({ grounded: true, text, sources: three, failures: [] });
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
        marks: [{ start: 38, end: 41 }],
      },
      expect.objectContaining({
        number: 2,
        marks: [
          { start: 17, end: 20 },
          { start: 41, end: 44 },
        ],
      }),
    ]);
  });

  it.each([
    'The range is [0, 1].',
    'Use `items[0]`, [0-9], port [8080].',
    'I think so [7].',
    '- [x] The library opens at nine [1](https://x.example)[^1]',
    '',
  ])('is left as it is, and not grounded, where it names no source: %j', (text) => {
    expect(sourcedAnswer(text, three, [])).toMatchObject({
      grounded: false,
      text,
      notice: 'no source cited',
      citations: [],
    });
  });

  it.each([
    '1. [2] | | |',
    '[1]',
    '[1][2][3]',
    '| [1] | [2] |\n| --- | --- |\n| | [3] |',
    'Sources: [1], [2]',
    'Helium is a noble gas [1].',
    '- \n- [1]\n',
    '氦是一种化学元素，原子序数为二[1]。',
  ])('is not grounded by marks beside no statement of its sources: %j', (text) => {
    const chinese = source(2, '图书馆工作日早上九点开门，周末十点开门。');
    const answer = sourcedAnswer(text, /氦/u.test(text) ? [{ ...chinese, number: 1 }] : three, []);
    expect(answer).toMatchObject({ grounded: false, text, citations: [] });
  });

  it.each([
    ['It opens at nine. [1]', [1]],
    ['It opens at nine.\n\n[1]', [1]],
    ['According to [1], it is open from nine.', [1]],
    ['The hours:\n- weekdays at nine [1]\n- whales sing songs [2]', [1]],
    ['| day | hour |\n| --- | --- |\n| weekdays | nine [1] |', [1]],
    ['It opens at nine [1, p. 8].', [1]],
    ['Yes [1].', [1]],
    ['图书馆九点开门【1†source】。', [1]],
    ['Die Bibliothek öffnet um neun Uhr [1].', [1]],
  ])('is grounded by a statement of its source: %j', (text, numbers) => {
    const { grounded, citations } = sourcedAnswer(text, three, []);
    expect({ grounded, numbers: citations.map(({ number }) => number) }).toEqual({ grounded: true, numbers });
  });

  it('counts any mark where it was so before', () => {
    expect(sourcedAnswer('1. [2] | | |', three, [], { anyStatement: true })).toMatchObject({ grounded: true });
  });
});

describe('a draft for which nothing was found', () => {
  it.each(['Paris [1].', 'The range is [0, 1].', '`items[0]`', '[1](https://x.example)'])(
    'stays as it is: %j',
    (text) => {
      const failures = [{ source: 'searxng', reason: 'is not there' }];
      expect(ungroundedAnswer(text, failures)).toEqual({
        grounded: false,
        text,
        notice: 'no documents found',
        citations: [],
        sources: [],
        failures,
      });
    },
  );
});
