import { expect, it } from 'vitest';
import { chunkDocument } from '../../chunk/chunk-document.js';
import { estimateTokens } from '../../chunk/estimate-tokens.js';
import { parseDocument } from '../parse-document.js';

it.each([
  ['LF', '\n', ''],
  ['CR LF and a byte order mark', '\r\n', '\ufeff'],
  ['cells of two lines', '\n', ''],
])('tells where rows stand in the file, with %s', async (kind, end, mark) => {
  const note = kind.startsWith('cells') ? `"first${end}second"` : 'first';
  const rows = Array.from({ length: 60 }, (_, n) => `AB-${n},${n * 3},${note}`);
  const file = `${mark}Part,Pressure,Note${end}${rows.join(end)}${end}`;
  const document = await parseDocument(Buffer.from(file), { name: 'valves.csv', signal: new AbortController().signal });
  let seen = 0;
  for await (const { text, place } of chunkDocument(document, { countTokens: estimateTokens, maxTokens: 60 })) {
    const first = /AB-\d+/u.exec(text)?.[0] ?? '';
    const slice = file.slice(place?.start, place?.end);
    expect(slice.startsWith(`${first},`) || slice.startsWith('Part,')).toBe(true);
    expect(slice.match(/AB-\d+/gu)).toEqual(text.match(/AB-\d+/gu));
    expect(place?.line).toBe(file.slice(0, place?.start).split('\n').length);
    expect(place?.endLine).toBe(file.slice(0, (place?.end ?? 0) - 1).split('\n').length);
    seen++;
  }
  expect(seen).toBeGreaterThan(3);
});
