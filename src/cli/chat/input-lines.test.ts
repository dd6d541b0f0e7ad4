import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readLines } from './input-lines.js';
import type { InputLine } from './input-lines.js';

async function linesOf(bytes: Uint8Array, cuts: readonly number[] = []): Promise<InputLine[]> {
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  async function* chunks() {
    for (let i = 1; i < edges.length; i++) yield await Promise.resolve(bytes.subarray(edges[i - 1], edges[i]));
  }
  const lines: InputLine[] = [];
  for await (const line of readLines(chunks())) lines.push(line);
  return lines;
}

const utf8 = (text: string) => new TextEncoder().encode(text);

it('gives the same lines wherever the bytes were cut', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme' })), fc.array(fc.nat()), async (texts, cuts) => {
      const whole = texts.map((text) => text.replace(/[\r\n]/gu, ' ')).join('\n');
      const expected = whole === '' ? [] : whole.replace(/\n$/u, '').split('\n');
      expect((await linesOf(utf8(whole), cuts)).map((line) => ('text' in line ? line.text : line.fault))).toEqual(
        expected,
      );
    }),
  );
});

it('decodes Windows line ends and a last line without one', async () => {
  expect(await linesOf(utf8('a\r\nb'))).toEqual([
    { number: 1, text: 'a' },
    { number: 2, text: 'b' },
  ]);
});

it('names the line that is not UTF-8 and goes on with the next', async () => {
  const [first, second, third] = await linesOf(Uint8Array.from([0x61, 0x0a, 0xff, 0xfe, 0x0a, 0x62]));
  expect(first).toEqual({ number: 1, text: 'a' });
  expect(second).toEqual({ number: 2, fault: 'it is not valid UTF-8. Convert it first, e.g. with iconv -t UTF-8' });
  expect(third).toEqual({ number: 3, text: 'b' });
});

it('refuses a line without an end, and does not keep it', async () => {
  const [line] = await linesOf(new Uint8Array(9 * 1024 * 1024).fill(0x61), [1e6, 2e6, 5e6]);
  expect(line).toMatchObject({ number: 1, fault: expect.stringContaining('9,437,184 bytes') as string });
});
