import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { ContextPool } from './in-process-encoder.js';

const context = () => ({ dispose: async () => undefined });
const { signal } = new AbortController();

it('keeps the order of the items, whatever takes longest', async () => {
  const pool = new ContextPool([context(), context()]);
  const results = await pool.map([30, 1, 10, 1], signal, async (_, ms) => sleep(ms, ms));
  expect(results).toEqual([30, 1, 10, 1]);
});

it('works on as many items as there are contexts, and never on more', async () => {
  const pool = new ContextPool([context(), context()]);
  let running = 0;
  let most = 0;
  await Promise.all(
    [1, 2].map(() =>
      pool.map([1, 2, 3, 4], signal, async () => {
        most = Math.max(most, ++running);
        await sleep(2);
        running--;
      }),
    ),
  );
  expect(most).toBe(2);
});

it('serves a single item before a long list has ended', async () => {
  const pool = new ContextPool([context()]);
  const order: string[] = [];
  const long = pool.map([1, 2, 3, 4, 5, 6], signal, async (_, item) => {
    await sleep(5);
    order.push(`long ${item}`);
  });
  await pool.map(['query'], signal, async () => void order.push('query'));
  await long;
  expect(order.indexOf('query')).toBeLessThan(3);
});

it('stops at the next item when it is aborted, and gives its contexts back', async () => {
  const pool = new ContextPool([context()]);
  const controller = new AbortController();
  const done: number[] = [];
  const aborted = pool.map([1, 2, 3], controller.signal, async (_, item) => {
    done.push(item);
    controller.abort(new Error('enough'));
  });
  await expect(aborted).rejects.toThrow('enough');
  expect(done).toEqual([1]);
  expect(await pool.map([1], signal, async (_, item) => item)).toEqual([1]);
});
