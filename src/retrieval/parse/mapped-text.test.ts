import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunkDocument } from '../chunk/chunk-document.js';
import { estimateTokens } from '../chunk/estimate-tokens.js';
import { cleaned, cleanedWithMap } from './clean-text.js';
import { parseMarkdown } from './parse-markdown.js';
import { parsePlain } from './parse-plain.js';

const anyText = fc
  .array(
    fc.oneof(
      fc.constantFrom('\r\n', '\n', '\r', '\u2028', ' ', '\n\n', '\r\n\r\n', '| a | b |\n|---|---|\n| c | d |\n'),
      fc.constantFrom(
        'e\u0301',
        '\u1100\u1161\u11a8',
        '가\u11a8',
        '\u212b',
        'q\u0323\u0307',
        '\u0307',
        'so\u00adft',
        '\u0958',
      ),
      fc.constantFrom(
        'word',
        '数据',
        '库',
        '。',
        '\ufeff',
        '\u200b',
        '\u0000',
        '\ud800',
        '\udc00',
        '😀',
        '# Head\n',
        '```\n',
      ),
      fc.constantFrom('<!-- note -->\n', `![x](data:image/png;base64,${'QUJD'.repeat(40)})`, '---\ntitle: T\n---\n'),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''));

describe('a text that knows where it stood', () => {
  it('is cleaned as any other', () => {
    const failures = fc.sample(anyText, 1000).filter((source) => cleanedWithMap(source).text !== cleaned(source));
    expect(failures).toEqual([]);
  });

  it('stands at its offsets and lines in the file, chunk for chunk and line for line of them', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyText,
        fc.integer({ min: 5, max: 60 }),
        fc.boolean(),
        async (source, maxTokens, isMarkdown) => {
          const document = (isMarkdown ? parseMarkdown : parsePlain)(source);
          for await (const chunk of chunkDocument(document, { countTokens: estimateTokens, maxTokens })) {
            const { start = -1, end = -1, line, endLine } = chunk.place ?? {};
            const slice = source.slice(start, end);
            // The slice of the file may also have parts that were left out or joined, but nothing else.
            const readable = withoutLeftOut(slice);
            expect(withoutLeftOut(chunk.text.slice(chunk.repeated ?? 0))).toBe(readable);
            expect(line).toBe(linesBefore(source, start));
            expect(endLine).toBe(linesBefore(source, Math.max(start, end - 1)));
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

function withoutLeftOut(text: string): string {
  return cleaned(text)
    .replace(/<!-- note -->/gu, '')
    .replace(/,(?:QUJD)+/gu, '')
    .replace(/[\n ]/gu, '');
}

/** Line number, from 1; CR LF is a single line end. */
function linesBefore(source: string, offset: number): number {
  const before = source.slice(0, offset);
  const isWithinEnd = before.endsWith('\r') && source.charAt(offset) === '\n';
  return before.replace(/\r\n/gu, '\n').split(/[\n\r]/u).length - (isWithinEnd ? 1 : 0);
}
