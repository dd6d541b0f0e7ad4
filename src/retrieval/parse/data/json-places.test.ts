import { describe, expect, it } from 'vitest';
import { placeWithin, stretchesOf } from '../../../domain/knowledge/places.js';
import { chunkDocument } from '../../chunk/chunk-document.js';
import { estimateTokens } from '../../chunk/estimate-tokens.js';
import { parseDocument } from '../parse-document.js';

/** The part of the file at the place of this text, and its lines. */
async function placeOf(name: string, file: string, text: string): Promise<{ slice: string; lines: unknown }> {
  const { signal } = new AbortController();
  const document = await parseDocument(Buffer.from(file), { name, signal });
  for await (const chunk of chunkDocument(document, { countTokens: estimateTokens, maxTokens: 200, signal })) {
    const from = chunk.text.indexOf(text);
    if (from === -1) continue;
    const { start, end, line, endLine } = placeWithin(stretchesOf(chunk), chunk.text, from, from + text.length);
    return { slice: file.slice(start, end), lines: endLine === line ? line : [line, endLine] };
  }
  throw new Error(`"${text}" is not in the text: ${document.text}`);
}

const RECORDS = JSON.stringify(
  {
    version: 3,
    parts: [
      { name: 'bolt', sizes: [4, 5, 6], note: 'a "strong" one' },
      { name: 'nut', sizes: [4], note: null },
    ],
    shop: { city: 'Oslo', hours: { open: '09:00' } },
    grid: [
      [1, 2],
      [3, 4],
    ],
  },
  undefined,
  2,
);

describe('the place of a value in JSON', () => {
  it.each([
    ['version: 3', '"version": 3', 2],
    ['name: bolt', '"name": "bolt"', 5],
    ['sizes: 4, 5, 6', '"sizes": [\n        4,\n        5,\n        6', [6, 9]],
    ['note: a "strong" one', String.raw`"note": "a \"strong\" one"`, 11],
    ['name: nut', '"name": "nut"', 14],
    ['city: Oslo', '"city": "Oslo"', 22],
    ['hours.open: 09:00', '"open": "09:00"', 24],
    ['3, 4', '3,\n      4', [33, 34]],
  ])('of "%s" is that of its key and value', async (text, slice, lines) => {
    expect(await placeOf('data.json', RECORDS, text)).toEqual({ slice, lines });
  });

  it('is that of the key, of a heading', async () => {
    expect(await placeOf('data.json', RECORDS, 'parts')).toEqual({ slice: '"parts"', lines: 3 });
  });

  it('counts a byte order mark and the ends of lines that Windows writes', async () => {
    const file = `\uFEFF${RECORDS.replaceAll('\n', '\r\n')}`;
    expect(await placeOf('data.json', file, 'city: Oslo')).toEqual({ slice: '"city": "Oslo"', lines: 22 });
  });

  it('is found in a file with a record in each line, among lines that are none', async () => {
    const file = '\uFEFF{"id":1,"text":"one"}\r\n\r\nnot JSON\r\n{"id":2,"tags":["a","b"],"text":"two"}\r\n';
    expect(await placeOf('data.jsonl', file, 'text: one')).toEqual({ slice: '"text":"one"', lines: 1 });
    expect(await placeOf('data.jsonl', file, 'not JSON')).toEqual({ slice: 'not JSON', lines: 3 });
    expect(await placeOf('data.jsonl', file, 'tags: a, b')).toEqual({ slice: '"tags":["a","b"', lines: 4 });
    expect(await placeOf('data.jsonl', file, 'text: two')).toEqual({ slice: '"text":"two"', lines: 4 });
  });
});
