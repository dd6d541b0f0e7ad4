import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sentences } from './sentences.js';

const split = (text: string): string[] => [...sentences(text)].map(({ start, end }) => text.slice(start, end));

describe('sentences', () => {
  it.each([
    ['English', 'It rains. Does it? It does!  Good.', ['It rains.', 'Does it?', 'It does!', 'Good.']],
    [
      'quotes and brackets that close',
      'He said "stop." She did. (Both of them.) End',
      ['He said "stop."', 'She did.', '(Both of them.)', 'End'],
    ],
    [
      'abbreviations',
      'Dr. Smith met J. R. Jones, e.g. at 5 p.m. today. He left.',
      ['Dr. Smith met J. R. Jones, e.g. at 5 p.m. today.', 'He left.'],
    ],
    ['numbers', 'Version 3.14 costs 2.50. It is new.', ['Version 3.14 costs 2.50.', 'It is new.']],
    ['items of a list', '1. Open it.\n2. Close it.', ['1. Open it.', '2. Close it.']],
    ['an ellipsis that goes on', 'Well... maybe. Or not... Yes.', ['Well... maybe.', 'Or not...', 'Yes.']],
    ['addresses', 'See example.com/a.b for more. Then go.', ['See example.com/a.b for more.', 'Then go.']],
    ['Chinese', '今天下雨。你带伞了吗？带了！好的', ['今天下雨。', '你带伞了吗？', '带了！', '好的']],
    [
      'Chinese quotes',
      '他说：“走吧。”我们就走了。（真的。）完',
      ['他说：“走吧。”', '我们就走了。', '（真的。）', '完'],
    ],
    ['Japanese', '雨が降る。傘を持つ。', ['雨が降る。', '傘を持つ。']],
    [
      'both',
      'Temporal 很好用。It never forgets.然后继续。版本 1.2 已发布!下一步',
      ['Temporal 很好用。', 'It never forgets.', '然后继续。', '版本 1.2 已发布!', '下一步'],
    ],
    ['a heading above its text', 'Title\n\nText goes\non here. End', ['Title', 'Text goes\non here.', 'End']],
    ['space only', ' \n ', []],
  ])('splits %s', (_, text, expected) => {
    expect(split(text)).toEqual(expected);
  });

  it('holds all that is no space, in order, for any text', () => {
    const text = fc
      .array(fc.constantFrom('a', 'B', '. ', '.', '。', '！', '”', '"', '\n', ' ', '数据', '😀', '1.', 'e.g. '))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, (whole) => {
        let end = 0;
        for (const span of sentences(whole)) {
          expect(whole.slice(end, span.start).trim()).toBe('');
          expect(whole.slice(span.start, span.end)).toBe(whole.slice(span.start, span.end).trim());
          expect(span.end).toBeGreaterThan(span.start);
          end = span.end;
        }
        expect(whole.slice(end).trim()).toBe('');
      }),
    );
  });

  it.each([
    ['quotes without end', '.' + '"'.repeat(300_000)],
    ['stops without end', '.'.repeat(300_000)],
    ['empty lines without end', '\n \t'.repeat(100_000)],
    ['brackets after stops', '。」'.repeat(150_000)],
  ])('takes no longer for %s', (_, text) => {
    const started = Date.now();
    expect(split(text).join('').length).toBeLessThanOrEqual(text.length);
    expect(Date.now() - started).toBeLessThan(5000);
  });
});
