import { expect, it } from 'vitest';
import { countRun } from './tool-runs.js';

const first = {
  attempt: 1,
  heartbeatDetails: undefined,
  scheduledTimestampMs: 5,
  currentAttemptScheduledTimestampMs: 5,
};
const once = { name: 'pay', maxAttempts: 1 };

it('counts the first attempt', () => {
  expect(countRun(first, once)).toEqual({ runs: 1 });
});

it.each([
  ['a second attempt', { attempt: 2 }],
  ['an attempt that was paused after a beat, its attempts reset', { heartbeatDetails: { runs: 1 } }],
  ['one that was reset with its beats: the times alone tell', { currentAttemptScheduledTimestampMs: 6 }],
])('refuses %s where the tool may be started once', (_what, change) => {
  expect(() => countRun({ ...first, ...change }, once)).toThrow(
    'Tool "pay" may be started once for a call, and was started once before its activity was paused or reset.',
  );
});

it('goes on counting where attempts were reset', () => {
  const twice = { name: 'look', maxAttempts: 2 };
  const again = { ...first, currentAttemptScheduledTimestampMs: 9 };
  expect(countRun({ ...again, heartbeatDetails: { runs: 1 } }, twice)).toEqual({ runs: 2 });
  expect(() => countRun({ ...again, heartbeatDetails: { runs: 2 } }, twice)).toThrow('was started 2 times');
});
