import { expect, test } from 'vitest';
import { createBounds } from './bounds.js';

test('what hangs is left behind and told; what ends in time is as if nothing had been', async () => {
  const notices: string[] = [];
  const bounds = createBounds((line) => notices.push(line));
  await expect(bounds.within('quick', 1_000, async () => 7)).resolves.toBe(7);
  await expect(bounds.within('wrong', 1_000, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  const hanging = bounds.within('slow', 20, () => new Promise<never>(() => undefined));
  expect(bounds.current).toBe('slow');
  await expect(hanging).resolves.toBeUndefined();
  expect(bounds.current).toBe('');
  expect(bounds.hung).toEqual(['slow: not done within 0.02 s']);
  expect(notices).toEqual(['hung: slow: not done within 0.02 s']);
});
