import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { OpeningWatch } from './opening-watch.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function watch(answer: (asked: number) => number | undefined) {
  let asked = 0;
  const stalled: number[] = [];
  const opening: OpeningWatch = new OpeningWatch(
    { pingMs: 1_000, openingStallMs: 5_000 },
    { ask: () => opening.heard(answer(++asked)), onStall: (seconds) => stalled.push(seconds) },
  );
  return { opening, stalled, asked: () => asked };
}

it('gives up what never comes further, once', () => {
  const { stalled, asked } = watch(() => undefined);
  vi.advanceTimersByTime(5_999);
  expect(stalled).toEqual([]);
  vi.advanceTimersByTime(60_000);
  expect(stalled).toEqual([5]);
  expect(asked()).toBe(5);
});

it('waits for what comes further within the limit, however long it takes, and no longer', () => {
  const { stalled } = watch((asked) => Math.min(Math.floor(asked / 4), 100));
  vi.advanceTimersByTime(400_000);
  expect(stalled).toEqual([]);
  vi.advanceTimersByTime(10_000);
  expect(stalled).toEqual([5]);
});

it('ends with what it watches', () => {
  const { opening, stalled } = watch(() => 7);
  opening.end();
  vi.advanceTimersByTime(60_000);
  expect(stalled).toEqual([]);
});
