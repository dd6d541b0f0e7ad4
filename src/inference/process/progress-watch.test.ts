import { expect, it } from 'vitest';
import { ProgressWatch } from './progress-watch.js';

const FINE = { lost: [], stalled: [], isStuck: false };

it('a request that comes no further for the limit is stalled, the process stuck when none does', () => {
  const watch = new ProgressWatch(3);
  const told = (one: number, two: number) => [
    { id: 1, progress: one },
    { id: 2, progress: two },
  ];
  for (const two of [10, 11, 12]) expect(watch.judge([1, 2], told(5, two))).toEqual(FINE);
  expect(watch.judge([1, 2], told(5, 13))).toEqual({ lost: [], stalled: [1], isStuck: false });
  watch.drop(1);
  for (let pong = 0; pong < 2; pong++) expect(watch.judge([2], [{ id: 2, progress: 13 }])).toEqual(FINE);
  expect(watch.judge([2], [{ id: 2, progress: 13 }])).toEqual({ lost: [], stalled: [2], isStuck: true });
});

it('a stuck process is known by its oldest request, however many come after', () => {
  const watch = new ProgressWatch(3);
  const all: number[] = [];
  const verdicts = Array.from({ length: 5 }, (_, pong) => {
    all.push(pong);
    return watch.judge(
      all,
      all.map((id) => ({ id, progress: 0 })),
    );
  });
  expect(verdicts.map(({ isStuck }) => isStuck)).toEqual([false, false, false, true, true]);
  expect(verdicts.map(({ stalled }) => stalled)).toEqual([[], [], [], [0], [0, 1]]);
});

it('a long prompt that is read, a text that comes, and work that tells nothing are not stalled', () => {
  const watch = new ProgressWatch(2);
  for (let pong = 0; pong < 20; pong++) {
    expect(watch.judge([1, 2], [{ id: 1, progress: pong }, { id: 2 }])).toEqual(FINE);
  }
  for (let pong = 0; pong < 20; pong++) {
    watch.heard(3);
    expect(watch.judge([3], [{ id: 3, progress: 7 }])).toEqual(FINE);
  }
});

it('what was asked before the ping and is not worked on is lost; what was not asked about is not', () => {
  const watch = new ProgressWatch(2);
  expect(watch.judge([1, 2], [{ id: 2 }, { id: 3, progress: 1 }])).toEqual({ lost: [1], stalled: [], isStuck: false });
});
