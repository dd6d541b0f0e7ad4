import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { citationMarks } from './citation-marks.js';

const marksOf = (text: string, sourceCount = 9): string[] =>
  citationMarks(text, sourceCount).map(({ start, end, numbers }) => `${text.slice(start, end)} ${numbers.join()}`);

describe('marks of sources', () => {
  it.each([
    ['At nine [1].', '[1] 1'],
    ['At nine[1], or ten [2][3].', '[1] 1', '[2] 2', '[3] 3'],
    ['At nine [1,3;2] and [4 5] and [6 and 7].', '[1,3;2] 1,2,3', '[4 5] 4,5', '[6 and 7] 6,7'],
    ['At nine [1-3] or [2–4, 9].', '[1-3] 1,2,3', '[2–4, 9] 2,3,4,9'],
    ['早上九点【1】、周末十点【2、3】，丁［４］。', '【1】 1', '【2、3】 2,3', '［４］ 4'],
    ['九点[来源2]，十点[资料1和3]。', '[来源2] 2', '[资料1和3] 1,3'],
    // Marks of GPT, with and without lines, and of Claude, Command R, Qwen, GLM and others.
    ['At nine【1†source】or【2†L3-L9】.', '【1†source】 1', '【2†L3-L9】 2'],
    ['At nine [citation:1][citation: 2].', '[citation:1] 1', '[citation: 2] 2'],
    [
      'At nine [Source 1], [sources 2, 3], [Source 4, Source 5], [doc 6], [ref #7].',
      '[Source 1] 1',
      '[sources 2, 3] 2,3',
      '[Source 4, Source 5] 4,5',
      '[doc 6] 6',
      '[ref #7] 7',
    ],
    ['At nine [[1]] and [[2]].', '[1] 1', '[2] 2'],
    [
      'At nine [1, p. 8], [2, pp. 8-9], [3: page 4], [4, §2.1], [5, lines 3–7].',
      '[1, p. 8] 1',
      '[2, pp. 8-9] 2',
      '[3: page 4] 3',
      '[4, §2.1] 4',
      '[5, lines 3–7] 5',
    ],
    ['九点[1，第8页]。', '[1，第8页] 1'],
    ['At nine (source 1), (Sources 2 and 3) or（来源4）.', '(source 1) 1', '(Sources 2 and 3) 2,3', '（来源4） 4'],
    ['<sup>[1]</sup>', '[1] 1'],
    ['1. `a[1]` is the first [2].', '[2] 2'],
  ])('are found in %j', (text, ...marks) => expect(marksOf(text)).toEqual(marks));

  it.each([
    // Contains a number that is not a source.
    'The range is [0, 1].',
    'Port [8080], and [10]',
    'Between [1, 10]',
    'Turn [0]',
    '[1-12]',
    '[3-1]',
    '[0-9]',
    '[01]',
    '【0†source】',
    '[citation:77]',
    '[Source 42, 1]',
    // Values and indices.
    'The range is [1, 2]. The interval [1, 3]. x ∈ [1, 2] and a = [1, 2, 3]',
    '范围为[1, 2]，端口[3]',
    'items[1].name = 1, row_count[1], rowCount[2], sys.argv[1], f[1](x), a[1] = 2, m[1]x',
    '[[1, 2], [3, 4]]',
    String.raw`\[1\] and \[1]`,
    '$[1, 2]$',
    // Code.
    '`items[1]` and ``a ` [1]``',
    '`two\nlines [1]`',
    '```js\nitems[1]\n```',
    '~~~\n[1]\n```\n[2]\n~~~',
    '- ```\n  [1]\n  ```',
    'Before\n```\n[1] never closed\n\n[2]',
    // Markdown.
    '[1](https://x.example/), ![2](a.png), [[3]](https://x.example)',
    '[text][1]',
    '[^1] and [^2]: note',
    '[1]: https://x.example/',
    'Text\n  [2]: <https://x.example/>',
    '- [ ] open\n- [x] done\n- [X] done',
    // No numbers, and unfinished.
    '[source] [a1] [1a] [] [ ] 5] [1',
    '[1\n2]',
    '(1) (2024) (see 1)',
    `[${'9, '.repeat(100)}9]`,
  ])('are not found in %j', (text) => expect(marksOf(text)).toEqual([]));

  it('end with a code span that is not closed', () => {
    expect(marksOf('A ` stray [1].\n\nB [2].')).toEqual(['[1] 1', '[2] 2']);
    expect(marksOf('A `` stray ` [1].\n\n```\n[3]\n```\nB [2].')).toEqual(['[1] 1', '[2] 2']);
  });
});

const pieces = fc.array(
  fc.oneof(
    fc.constantFrom(
      '[',
      ']',
      '【',
      '】',
      '［',
      '］',
      '(',
      ')',
      '`',
      '```',
      '~~~',
      '\n',
      '\\',
      '†',
      ':',
      '^',
      ' ',
      ', ',
      '-',
      '1',
      '2',
      '3',
      '4',
      '0',
    ),
    fc.constantFrom('source ', '来源', '[1]', ' [7]', '[[', 'word', ' and ', 'p. 8', 'is ', '。', '. '),
    fc.string({ unit: 'binary', maxLength: 3 }),
  ),
  { maxLength: 60 },
);

describe('whatever a model writes', () => {
  it('names only sources that there are, in order, where brackets are', () => {
    fc.assert(
      fc.property(pieces, fc.integer({ min: 0, max: 3 }), (parts, sourceCount) => {
        const text = parts.join('');
        let before = 0;
        for (const { start, end, numbers } of citationMarks(text, sourceCount)) {
          expect(start).toBeGreaterThanOrEqual(before);
          expect(text.slice(start, end)).toMatch(/^[[【［(（].*[\]】］)）]$/u);
          expect(numbers.length).toBeGreaterThan(0);
          for (const number of numbers) expect(number >= 1 && number <= sourceCount).toBe(true);
          before = end;
        }
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    '[',
    '[1',
    '`',
    '` ``',
    '[1]',
    '[1, p. ',
    '[1†',
    '\\`',
    '【1†source',
    '[source ',
    '[1 1',
    '~~~\n',
    '(source 1, ',
  ])('is read in linear time: %j', (piece) => {
    const startedAt = Date.now();
    citationMarks(piece.repeat(50_000), 3);
    expect(Date.now() - startedAt).toBeLessThan(2_000);
  });
});
