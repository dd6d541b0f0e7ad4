import { expect, it } from 'vitest';
import type { Decoding } from '../../domain/decoding.js';
import { checkedDecoding } from './checked-decoding.js';

it('lets no decoding of the wrong type or range reach an engine', () => {
  for (const wrong of [null, 5, 'hot', { temperature: '1' }, { topK: -1 }, { seed: 1e15 }, { 0: 1 }, ['x']]) {
    expect(() => checkedDecoding(wrong as unknown as Decoding)).toThrow(/^"decoding/u);
  }
  expect(checkedDecoding({ temperature: 0.5, seed: 7 })).toEqual({ temperature: 0.5, seed: 7 });
  expect(checkedDecoding(undefined)).toBeUndefined();
});
