import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { PastedInput } from './pasted-input.js';

/** A busy machine must not make a burst of what is none, nor the other way round. */
const BURST_MS = 300;
const PAUSE = 2 * BURST_MS;

/** What arrives, in order, pastes between marks, keys as they are: once it is what is expected, or after 5 seconds. */
async function arriving(chunks: readonly (string | number)[], expected: string): Promise<string> {
  const tty = Object.assign(new PassThrough(), { isTTY: true }) as unknown as NodeJS.ReadStream & PassThrough;
  let arrived = '';
  const input = new PastedInput(tty, { onPaste: (text) => (arrived += `⟦${text}⟧`), burstMs: BURST_MS });
  input.on('data', (chunk: Buffer) => (arrived += chunk.toString()));
  for (const chunk of chunks) {
    if (typeof chunk === 'number') await sleep(chunk);
    else tty.write(chunk);
  }
  await vi.waitUntil(() => arrived === expected, { timeout: 5_000, interval: 5 }).catch(() => undefined);
  input.release();
  return arrived;
}

const BEGIN = '\u001b[200~';
const END = '\u001b[201~';

describe('what is pasted into a terminal', () => {
  it.each([
    ['a paste that the terminal marks', [`${BEGIN}one\rtwo\rthree${END}`, '\r'], '⟦one\ntwo\nthree⟧\r'],
    ['one whose last line ends', [`${BEGIN}one\r\ntwo\n${END}`], '⟦one\ntwo⟧'],
    ['one in pieces, cut within its marks', ['\u001b[20', '0~one\rt', 'wo\u001b[2', '01~', '\r'], '⟦one\ntwo⟧\r'],
    ['one with what is typed around it', [`see ${BEGIN}a\rb${END}!`, '\r'], 'see ⟦a\nb⟧!\r'],
    ['one with control characters, which are no keys', [`${BEGIN}a\u0003b\u001b[A\rc\td${END}`], '⟦ab[A\nc\td⟧'],
    ['three lines at once from a terminal that marks nothing', ['one\rtwo\rthree\r'], '⟦one\ntwo\nthree⟧\r'],
    ['lines that come one by one, faster than fingers', ['one\r', 'two\r', 'three\r'], '⟦one\ntwo\nthree⟧\r'],
    ['a last line without an end', ['one\rtwo'], '⟦one\ntwo⟧'],
    ['a message that is typed', ['h', 'i', '\r'], 'hi\r'],
    ['a message that comes in one piece', ['hello\r'], 'hello\r'],
    ['two messages with a pause between', ['one\r', PAUSE, 'two\r'], 'one\rtwo\r'],
    ['keys', ['\u001b[A', '\u0003', '\u001b', PAUSE, '\u001b[D'], '\u001b[A\u0003\u001b\u001b[D'],
    ['characters of several bytes', ['äö', '漢\r'], 'äö漢\r'],
  ])('%s', async (_, chunks, expected) => {
    expect(await arriving(chunks, expected)).toBe(expected);
  });

  it('is one message, wherever the terminal cuts it', async () => {
    const text = `${BEGIN}eins\rzwei\rdrei${END}`;
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.integer({ min: 1, max: text.length - 1 }), { maxLength: 4 }), async (cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), text.length];
        const chunks = at.slice(1).map((end, index) => text.slice(at[index], end));
        const expected = '⟦eins\nzwei\ndrei⟧';
        expect(await arriving(chunks, expected)).toBe(expected);
      }),
      { numRuns: 40 },
    );
  });
});
