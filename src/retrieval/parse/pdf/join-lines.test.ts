import { describe, expect, it } from 'vitest';
import { joinLines } from './join-lines.js';
import type { PdfLine } from './pdf-line.js';

/** Creates lines 14 points apart unless a baseline is given; give 500 as `right` for a full line. */
function page(...lines: readonly (Partial<PdfLine> & { readonly text: string })[]): PdfLine[] {
  return lines.map((line, index) => ({ left: 50, right: 500, baseline: 700 - index * 14, height: 12, ...line }));
}

describe('joinLines', () => {
  it('joins lines that the width broke', () => {
    expect(joinLines(page({ text: 'A text that' }, { text: 'goes on.' }))).toBe('A text that goes on.');
    expect(joinLines(page({ text: '我们使用数' }, { text: '据库。' }))).toBe('我们使用数据库。');
    expect(joinLines(page({ text: 'an exam-' }, { text: 'ple of it' }))).toBe('an example of it');
  });

  it('leaves lines that end by themselves, and begins paragraphs at gaps, other sizes and columns', () => {
    expect(joinLines(page({ text: 'short', right: 100 }, { text: 'next' }))).toBe('short\nnext');
    expect(joinLines(page({ text: 'one' }, { text: 'two', baseline: 600 }))).toBe('one\n\ntwo');
    expect(joinLines(page({ text: 'Title', height: 20 }, { text: 'text' }))).toBe('Title\n\ntext');
    expect(joinLines(page({ text: 'left', baseline: 100 }, { text: 'right', baseline: 700 }))).toBe('left\n\nright');
    expect(joinLines([])).toBe('');
  });
});
