import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { withinLimits } from './part-limits.js';
import type { StreamPart } from './stream-part.js';

const LIMITS = { firstByteMs: 900, idleMs: 500 };

/** Yields pieces after pauses in ms; '' represents a keep-alive message. */
async function* pieces(signal: AbortSignal, ...all: readonly (readonly [ms: number, text: string])[]) {
  for (const [ms, text] of all) {
    await sleep(ms, undefined, { signal });
    yield { type: 'text', text } as const;
  }
}

async function read(...all: readonly (readonly [ms: number, text: string])[]): Promise<string> {
  let text = '';
  const stream = (signal: AbortSignal): AsyncIterable<StreamPart> => pieces(signal, ...all);
  for await (const part of withinLimits(stream, new AbortController().signal, LIMITS)) {
    if (part.type === 'text') text += part.text;
  }
  return text;
}

const alive = Array.from({ length: 300 }, () => [10, ''] as const);

it('a server that shows life for ever and sends no text is unavailable, before its first text and after it', async () => {
  const unavailable = { type: 'Model.Unavailable', message: expect.stringContaining('0.9 s') as string };
  await expect(read(...alive)).rejects.toMatchObject(unavailable);
  const stuck = { type: 'Model.Unavailable', message: expect.stringContaining('0.5 s') as string };
  await expect(read([0, 'a'], ...alive)).rejects.toMatchObject(stuck);
});

it('a prompt that is read for long is waited for', async () => {
  await expect(read(...alive.slice(0, 9), [20, 'a'], [20, 'b'])).resolves.toBe('ab');
});

it('a stream that hangs, whatever it is told, is left behind', async () => {
  const stream = async function* (): AsyncGenerator<StreamPart> {
    yield { type: 'text', text: 'a' };
    await new Promise(() => undefined);
  };
  const all = withinLimits(stream, new AbortController().signal, LIMITS);
  await expect(all.next()).resolves.toMatchObject({ value: { text: 'a' } });
  await expect(all.next()).rejects.toMatchObject({ type: 'Model.Unavailable' });
});
