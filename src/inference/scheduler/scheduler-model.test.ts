/**
 * Checks the scheduler against a model of its guarantees, over random interleavings of everything that it awaits with everything that may
 * happen meanwhile. `COLLOQUY_TEST_RUNS` sets the number of runs (default: 2,000).
 */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type SchedulerEvent, SchedulerTrial } from '../../../test/support/scheduler-trial.js';

const RUNS = Number(process.env['COLLOQUY_TEST_RUNS'] ?? 2_000);

const CALLBACKS = ['onToken', 'settings', 'deliver', 'onProgress', 'grammar'] as const;

/** Undefined this many times as often as a value. */
function seldom<T>(times: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: times, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
}

const event: fc.Arbitrary<SchedulerEvent> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('ask'),
      conversation: fc.integer({ min: 0, max: 2 }),
      tail: fc.integer({ min: 1, max: 70 }),
      count: fc.integer({ min: 1, max: 3 }),
      priority: fc.integer({ min: -1, max: 1 }),
      snapshot: fc.boolean(),
      throws: seldom(12, fc.constantFrom(...CALLBACKS)),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constantFrom('cancel', 'late'), request: fc.nat({ max: 7 }) }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('forget'), conversation: fc.integer({ min: 0, max: 2 }) }) },
);

const trial = fc.record({
  sequences: fc.integer({ min: 1, max: 3 }),
  maxQueued: fc.constantFrom(20, 20, 20, 1),
  hasSnapshots: fc.constantFrom(true, true, true, false),
  events: fc.array(event, { minLength: 1, maxLength: 12, size: 'max' }),
  /** Number of events after which the scheduler is disposed of. */
  disposeAfter: seldom(3, fc.nat({ max: 12 })),
  /** Which operations of the engine and the store fail, in the order in which they begin. */
  failures: fc.array(
    fc.oneof({ weight: 12, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    { maxLength: 60, size: 'max' },
  ),
});

test(
  `every request is settled once, in order of priority, and nothing leaks (${RUNS} runs)`,
  async () => {
    let answered = 0;
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), trial, async (turns, options) => {
        const checked = new SchedulerTrial(turns, options);
        await checked.run();
        answered += checked.answered;
      }),
      { numRuns: RUNS },
    );
    // Ensures that the checked cases occur at all.
    expect(answered).toBeGreaterThan(RUNS);
  },
  60_000 + RUNS * 30,
);
