import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backgroundPriority, turnPriority } from './priorities.js';

test('a turn goes before background work, and both are shared by user', () => {
  expect(turnPriority('ada')).toEqual({ priorityKey: 2, fairnessKey: 'ada' });
  expect(backgroundPriority('ada')).toEqual({ priorityKey: 4, fairnessKey: 'ada' });
});

test('a key of 64 bytes is the id itself, a longer one a digest that tells ids apart', () => {
  const longest = `${'é'.repeat(31)}xy`;
  expect(turnPriority(longest).fairnessKey).toBe(longest);
  const keys = ['a', 'b'].map((end) => turnPriority('é'.repeat(32) + end).fairnessKey);
  expect(keys).toEqual([expect.stringMatching(/^hash:[0-9a-f]{16}$/u), expect.stringMatching(/^hash:/u)]);
  expect(keys[0]).not.toBe(keys[1]);
});

test('any user has a key that the server takes', () => {
  const bytesOfKey = (userId: string): number => new TextEncoder().encode(turnPriority(userId).fairnessKey).length;
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (userId) => {
      expect(bytesOfKey(userId)).toBeGreaterThan(0);
      expect(bytesOfKey(userId)).toBeLessThanOrEqual(64);
    }),
  );
  expect(bytesOfKey('')).toBeGreaterThan(0);
});
