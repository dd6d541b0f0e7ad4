import { describe, expect, it } from 'vitest';
import { parseJsonLines } from './data/parse-json.js';
import { parseHtml } from './parse-html.js';
import { ReadableText, tidy } from './readable-text.js';

const MANY = 200_000;

describe('space in a text', () => {
  it.each([
    ['a \t\n b', 'a\n b'],
    ['a\n\n \n\nb', 'a\n\nb'],
    ['\n\n  a  b \n \n', '  a  b'],
    ['a\u3000\u00a0\nb\u3000', 'a\nb'],
    [' \n ', ''],
  ])('of %j is %j', (text, expected) => expect(tidy(text)).toBe(expected));

  it.each([
    ['spaces', ' '],
    ['tabs', '\t'],
    ['ideographic spaces', '\u3000'],
    ['empty lines', '\n'],
    ['lines of space', ' \n'],
  ])('is read in linear time: %s', (_, space) => {
    const run = `a${space.repeat(MANY)}b`;
    const startedAt = performance.now();
    new ReadableText().block(run);
    parseHtml(`<pre>${run}</pre>`);
    parseJsonLines(run);
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });
});
