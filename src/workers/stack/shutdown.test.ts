import { expect, test } from 'vitest';
import { Shutdown } from './shutdown.js';

// The tests in test/stack send signals to a separate process.

test('each part is closed once, the last one first, however often it is asked for', async () => {
  const closed: string[] = [];
  const shutdown = new Shutdown({ onNotice: () => {} });
  for (const name of ['a', 'b', 'c']) shutdown.add(name, () => closed.push(name));
  expect(shutdown.signal.aborted).toBe(false);
  expect(await Promise.all([shutdown.run(), shutdown.run()])).toEqual([true, true]);
  expect(await shutdown.run()).toBe(true);
  expect(shutdown.signal.aborted).toBe(true);
  expect(closed).toEqual(['c', 'b', 'a']);
});

test('what is added during the shutdown is closed too', async () => {
  const closed: string[] = [];
  const shutdown = new Shutdown({ onNotice: () => {} });
  shutdown.add('a', () => closed.push('a'));
  shutdown.add('b', async () => {
    shutdown.add('late', () => closed.push('late'));
    await Promise.resolve();
    closed.push('b');
  });
  await shutdown.run();
  await shutdown.run();
  expect(closed.toSorted()).toEqual(['a', 'b', 'late']);
  shutdown.add('after', () => closed.push('after'));
  await shutdown.run();
  expect(closed).toContain('after');
});

test('a part that fails or hangs is told, and the others are closed', async () => {
  const closed: string[] = [];
  const notices: string[] = [];
  const shutdown = new Shutdown({ onNotice: (notice) => notices.push(notice) });
  shutdown.add('a', () => closed.push('a'));
  shutdown.add('hanging', () => new Promise(() => {}), 20);
  shutdown.add('failing', () => Promise.reject(new Error('no')));
  expect(await shutdown.run()).toBe(false);
  expect(closed).toEqual(['a']);
  expect(notices).toEqual([
    'Closing failing failed: no',
    'Closing hanging takes longer than 0.02 s; not waiting for it.',
  ]);
});
