import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TextChunk } from '../../domain/knowledge/retrieval.js';
import { parseMarkdown } from '../parse/parse-markdown.js';
import { parsePlain } from '../parse/parse-plain.js';
import { placeWithin } from '../../domain/knowledge/places.js';
import { chunkDocument, type ChunkOptions } from './chunk-document.js';

/**
 * A tokenizer that is harder to estimate than a real one: one token for each 3 letters of a word and for each other character, plus 2 for
 * each text.
 */
const countOne = (text: string): number => (text.match(/[a-z]{1,3}|\S/giu)?.length ?? 0) + 2;
const countTokens: ChunkOptions['countTokens'] = (texts) => Promise.resolve(texts.map(countOne));

async function chunks(
  document: Parameters<typeof chunkDocument>[0],
  options: Partial<ChunkOptions> & { readonly maxTokens: number },
): Promise<TextChunk[]> {
  const all: TextChunk[] = [];
  for await (const chunk of chunkDocument(document, { countTokens, ...options })) all.push(chunk);
  return all;
}

const plain = (text: string) => ({ text, headings: [] });

describe('chunkDocument', () => {
  it('cuts at headings, and tells each chunk of those that it is under', async () => {
    const document = parseMarkdown(
      '# Guide\n\nWelcome.\n\n## Set-up\n\n### Linux\n\nRun it.\n\n### Windows\n\nClick it.\n\n## 使用\n\n问它。\n',
    );
    const all = await chunks(document, { maxTokens: 100 });
    expect(all.map(({ text, headings }) => ({ text, headings }))).toEqual([
      { text: '# Guide\n\nWelcome.', headings: ['Guide'] },
      { text: '## Set-up\n\n### Linux\n\nRun it.', headings: ['Guide', 'Set-up', 'Linux'] },
      { text: '### Windows\n\nClick it.', headings: ['Guide', 'Set-up', 'Windows'] },
      { text: '## 使用\n\n问它。', headings: ['Guide', '使用'] },
    ]);
    expect(all.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
  });

  it('keeps paragraphs, lists, tables and code whole where they fit', async () => {
    const code = '```js\nconst a = 1;\n\nconst b = 2;\n```';
    const list = '- one apple\n- two pears\n- three plums';
    const table = '| a | b |\n| - | - |\n| 1 | 2 |';
    const all = await chunks(plain([code, list, table].join('\n\n')), { maxTokens: 26 });
    expect(all.map(({ text }) => text)).toEqual([code, list, table]);
  });

  it('cuts what does not fit at lines of lists and code, and at sentences of prose, also Chinese ones', async () => {
    const list = await chunks(plain('- one apple here\n- two pears here\n- three plums here'), { maxTokens: 12 });
    expect(list.map(({ text }) => text)).toEqual(['- one apple here', '- two pears here', '- three plums here']);
    const chinese = await chunks(plain('第一句话在这里。第二句话在那里！第三句话呢？'), { maxTokens: 11 });
    expect(chinese.map(({ text }) => text)).toEqual(['第一句话在这里。', '第二句话在那里！', '第三句话呢？']);
    const english = await chunks(plain('One is here. Two is there.'), { maxTokens: 8 });
    expect(english.map(({ text }) => text)).toEqual(['One is here.', 'Two is there.']);
  });

  it('begins a chunk with the last sentences of the one before in its section', async () => {
    const text = Array.from({ length: 300 }, (_, index) => `Sentence ${index} says a thing or two.`).join(' ');
    const all = await chunks(plain(text), { maxTokens: 60, overlapTokens: 20 });
    expect(all.length).toBeGreaterThan(3);
    const overlapping = all.filter(({ start }, index) => start < (all[index - 1]?.end ?? 0));
    // If the estimate was too low, the chunk is cut again without its overlap.
    expect(overlapping.length).toBeGreaterThan(all.length / 2);
    for (const chunk of all) {
      expect(chunk.text).toMatch(/^Sentence.*\.$/u);
      expect(chunk.end).toBeGreaterThan(all[chunk.index - 1]?.end ?? 0);
    }
  });

  it('says on which page a chunk begins', async () => {
    const text = 'First page.\n\nSecond page.\n\nThird page.';
    const pages = [0, text.indexOf('Second'), text.indexOf('Third')];
    const all = await chunks({ ...plain(text), pages }, { maxTokens: 8 });
    expect(all.map(({ page }) => page)).toEqual([1, 2, 3]);
  });

  it('says all pages that a chunk is on, and which part of it is on which', async () => {
    const text = 'First page.\n\nSecond page.\n\nThird page.';
    const [chunk] = await chunks(
      { ...plain(text), pages: [0, text.indexOf('Second'), text.indexOf('Third')] },
      { maxTokens: 80 },
    );
    expect(chunk).toMatchObject({ page: 1, place: { page: 1, endPage: 3 } });
    const of = (part: string) => {
      const at = text.indexOf(part);
      return placeWithin(chunk?.stretches ?? [], text, at, at + part.length);
    };
    expect(of('Second')).toEqual({ page: 2, endPage: 2 });
    expect(of('Third page.')).toEqual({ page: 3, endPage: 3 });
    expect(of('page.\n\nThird')).toEqual({ page: 2, endPage: 3 });
  });

  it.each([
    ['pipes around', '| Part | Max pressure |\n|---|---:|\n', (n: number) => `| AB-${n} | ${n * 3} |\n`],
    ['no pipes around', 'Part | Max pressure\n--- | ---\n', (n: number) => `AB-${n} | ${n * 3}\n`],
    ['Chinese', '|零件|最大压力|\n|:-:|:-:|\n', (n: number) => `|AB-${n}|${n * 3}|\n`],
  ])('tells rows of a long table the names of their columns: %s', async (_, header, row) => {
    const rows = Array.from({ length: 120 }, (__, n) => row(n));
    const document = parseMarkdown(`# Valves\n\nBefore.\n\n${header}${rows.join('')}\nAfter the table.\n`);
    const all = await chunks(document, { maxTokens: 100, overlapTokens: 15 });
    const withRows = all.filter(({ text }) => text.includes('AB-'));
    expect(withRows.length).toBeGreaterThan(5);
    for (const { text, start, end, repeated = 0, place, tokens } of withRows) {
      expect(text).toContain(header.trim());
      expect(text.slice(repeated)).toBe(document.text.slice(start, end));
      expect(tokens).toBe(countOne(text));
      expect(tokens).toBeLessThanOrEqual(100);
      expect(document.text.slice(place?.start, place?.end)).toBe(text.slice(repeated));
    }
    expect(all.at(-1)?.text).toContain('After the table.');
    for (const { text, repeated } of all) expect(repeated === undefined || text.includes('AB-')).toBe(true);
  });

  it('leaves the names of columns away that would fill the chunks', async () => {
    const header = `| ${'a long name of a column '.repeat(20)} | b |\n|---|---|\n`;
    const all = await chunks(parseMarkdown(header + '| one | two |\n'.repeat(50)), { maxTokens: 60 });
    expect(all.every(({ repeated }) => repeated === undefined)).toBe(true);
  });

  it('never cuts a character as readers see it', async () => {
    const family = '👨‍👩‍👧‍👦';
    const all = await chunks(plain(family.repeat(20) + 'e\u0301'.repeat(50)), { maxTokens: 12 });
    const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });
    const all2 = all.flatMap(({ text }) => [...graphemes.segment(text)].map(({ segment }) => segment));
    expect(new Set(all2)).toEqual(new Set([family, 'e\u0301']));
  });

  it('cuts characters that are made without end', async () => {
    const text = `a${'\u0301'.repeat(5000)}`;
    const all = await chunks(plain(text), { maxTokens: 20 });
    expect(all.map((chunk) => chunk.text).join('')).toBe(text);
    expect(Math.max(...all.map(({ tokens }) => tokens))).toBeLessThanOrEqual(20);
  });

  it('refuses a budget that holds no character', async () => {
    await expect(chunks(plain('hello'), { maxTokens: 2 })).rejects.toThrow(/Raise maxTokens/u);
  });

  it('counts in batches, most texts once, and fills its chunks', async () => {
    const paragraph = 'The quick brown fox jumps over the lazy dog near the river bank. 敏捷的棕色狐狸跳过了懒狗。 ';
    const text = Array.from({ length: 2000 }, () => paragraph.repeat(3)).join('\n\n');
    let counted = 0;
    let calls = 0;
    const all = await chunks(plain(text), {
      maxTokens: 300,
      countTokens: (texts) => {
        calls++;
        counted += texts.length;
        return countTokens(texts);
      },
    });
    expect(counted).toBeLessThan(all.length * 1.15);
    expect(calls).toBeLessThan(all.length / 20);
    const filled = all.reduce((sum, { tokens }) => sum + tokens, 0) / all.length;
    expect(filled).toBeGreaterThan(180);
  });

  it('stops when it is told to', async () => {
    const controller = new AbortController();
    const reading = async (): Promise<void> => {
      for await (const chunk of chunkDocument(plain('word '.repeat(20_000)), {
        countTokens,
        maxTokens: 20,
        signal: controller.signal,
      })) {
        if (chunk.index === 10) controller.abort(new Error('enough'));
      }
    };
    await expect(reading()).rejects.toThrow('enough');
  });

  const anyText = fc
    .array(
      fc.oneof(
        fc.constantFrom(
          '# Head\n',
          '\n\n',
          '\n',
          ' ',
          '```\n',
          '- item\n',
          '| a | b |\n',
          '. ',
          '。',
          '？',
          'Setext\n===\n',
        ),
        fc.constantFrom('word', '数据库', '👨‍👩‍👧‍👦', '\u0301', 'x'.repeat(90), '1234', '}{', 'naïve', '\ud83d\ude00'),
        fc.string({ unit: 'grapheme', maxLength: 12 }),
      ),
      { maxLength: 120 },
    )
    .map((parts) => parts.join(''));

  it('holds all text, at its offsets, within the budget, for any document', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyText,
        fc.integer({ min: 12, max: 80 }),
        fc.integer({ min: 0, max: 30 }),
        async (source, maxTokens, overlapTokens) => {
          const document = parseMarkdown(source);
          const all = await chunks(document, { maxTokens, overlapTokens });
          let end = 0;
          for (const [index, chunk] of all.entries()) {
            expect(chunk.index).toBe(index);
            expect(document.text.slice(chunk.start, chunk.end)).toBe(chunk.text);
            expect(chunk.text.trim()).not.toBe('');
            expect(chunk.text.isWellFormed()).toBe(true);
            expect(chunk.tokens).toBe(countOne(chunk.text));
            expect(chunk.tokens).toBeLessThanOrEqual(maxTokens);
            expect(document.text.slice(end, chunk.start).trim()).toBe('');
            expect(chunk.end).toBeGreaterThan(end);
            expect(overlapTokens > 0 || chunk.start >= end).toBe(true);
            end = chunk.end;
          }
          expect(document.text.slice(end).trim()).toBe('');
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each([
    ['a line without end', 'x'.repeat(3_000_000)],
    ['a line of Chinese without a stop', '数据库'.repeat(500_000)],
    ['lines without text', '\n'.repeat(3_000_000) + 'end'],
    ['a fence that nothing closes', '```\n' + 'a = 1\n'.repeat(400_000)],
    ['space without end', `a${' '.repeat(3_000_000)}b`],
    ['words without a stop', 'word '.repeat(1_200_000)],
    ['lines without a stop', 'some words in a line\n'.repeat(300_000)],
    ['paragraphs without a stop', 'a few words\n\n'.repeat(300_000)],
    ['one sentence that is followed by none', `One.${' and more'.repeat(600_000)}`],
  ])('takes time in proportion to %s', async (_, text) => {
    const started = performance.now();
    const all = await chunks(plain(text), { maxTokens: 500, overlapTokens: 50 });
    expect(all.length).toBeGreaterThan(0);
    expect(performance.now() - started).toBeLessThan(15_000);
  });

  it.each([
    ['decomposed accents', (line: number) => `Tiếng Việt có dấu và chữ ${line}.`.normalize('NFD')],
    ['soft hyphens', (line: number) => `Do\u00adnau\u00addampf\u00adschiff ${line}\u00ad.`],
    ['Windows line ends', (line: number) => `Line ${line}.\r`],
    ['decomposed Hangul', (line: number) => `한국어 문장 ${line}.`.normalize('NFD')],
    ['one accent in many lines', (line: number) => `${'é'.normalize('NFD').repeat(2)}\n\nplain\n${line}.`],
  ])('keeps few places with a chunk of %s, each with its lines', async (_, lineOf) => {
    const source = Array.from({ length: 200 }, (__, index) => lineOf(index + 1)).join('\n');
    for (const chunk of await chunks(parsePlain(source), { maxTokens: 1500 })) {
      const { stretches = [], text, place } = chunk;
      expect(stretches.length).toBeLessThanOrEqual(256);
      const lines = source.split(/\r?\n/u);
      expect(
        source
          .slice(place?.start, place?.end)
          .replace(/[\r\u00ad]/gu, '')
          .normalize('NFC'),
      ).toBe(text);
      for (const [number, { index }] of [...text.matchAll(/\d+\./gu)].map((match) => [match[0], match] as const)) {
        const { line = 0, endLine = line } = placeWithin(stretches, text, index, index + number.length);
        const known = lines
          .slice(line - 1, endLine)
          .join('\n')
          .replaceAll('\u00ad', '');
        expect(known).toContain(number);
        expect(endLine - line).toBeLessThan(4);
      }
    }
  });
});
