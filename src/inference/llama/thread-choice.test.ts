import { describe, expect, it } from 'vitest';
import { ThreadChoice } from './thread-choice.js';

/** Runs batches on a machine where `cost` gives the duration of each; counts how often each number of threads was chosen. */
function run(choice: ThreadChoice, batches: number, tokens: number, cost: (threads: number) => number) {
  const chosen = new Map<number, number>();
  for (let batch = 0; batch < batches; batch++) {
    const threads = choice.choose(tokens);
    choice.record(tokens, threads, cost(threads));
    chosen.set(threads, (chosen.get(threads) ?? 0) + 1);
  }
  return chosen;
}

describe('the choice of threads', () => {
  it('settles on what is fastest', () => {
    const chosen = run(new ThreadChoice(2), 200, 8, (threads) => 40 / threads);
    expect(chosen.get(2)).toBeGreaterThan(190);
    expect(chosen.get(1)).toBeGreaterThanOrEqual(1);
  });

  it('is made for each size of batch by itself', () => {
    const choice = new ThreadChoice(2);
    const small = run(choice, 200, 1, (threads) => (threads === 1 ? 6 : 7));
    const large = run(choice, 200, 64, (threads) => 200 / threads);
    expect(small.get(1)).toBeGreaterThan(190);
    expect(large.get(2)).toBeGreaterThan(190);
  });

  it('hardly ever tries again what is hopelessly slow', () => {
    const chosen = run(new ThreadChoice(2), 900, 1, (threads) => (threads === 1 ? 6 : 200));
    expect(chosen.get(2)).toBeLessThanOrEqual(5);
    const later = new ThreadChoice(2);
    run(later, 2000, 1, (threads) => (threads === 1 ? 6 : 200));
    expect(run(later, 960, 1, (threads) => (threads === 1 ? 6 : 200)).get(2)).toBeLessThanOrEqual(2);
  });

  it('forgives one slow batch, the first one also', () => {
    for (const slow of [0, 40, 90]) {
      let batch = 0;
      const chosen = run(new ThreadChoice(2), 400, 8, (threads) =>
        batch++ === slow && threads === 2 ? 600 : 40 / threads,
      );
      expect(chosen.get(2)).toBeGreaterThan(310);
    }
  });

  it('gives up what is now and then far too slow', () => {
    // Each tenth batch on 2 threads waits for a thread that is not scheduled: usually 20 ms, 78 ms on average, against 36 ms.
    let batch = 0;
    const cost = (threads: number) => (threads === 1 ? 36 : batch++ % 10 === 9 ? 600 : 20);
    const choice = new ThreadChoice(2);
    run(choice, 1000, 8, cost);
    expect(run(choice, 1000, 8, cost).get(2)).toBeLessThan(100);
  });

  it('follows a machine that gets busy and free again', () => {
    const choice = new ThreadChoice(2);
    run(choice, 100, 8, (threads) => 40 / threads);
    run(choice, 20, 8, (threads) => (threads === 1 ? 50 : 900));
    expect(choice.choose(8)).toBe(1);
    run(choice, 2000, 8, (threads) => 40 / threads);
    const settled = run(choice, 100, 8, (threads) => 40 / threads);
    expect(settled.get(2)).toBeGreaterThan(95);
  });

  it('knows but one number of threads on one core', () => {
    expect([...run(new ThreadChoice(1), 10, 4, () => 1).keys()]).toEqual([1]);
  });

  it('never exceeds the cores', () => {
    const chosen = run(new ThreadChoice(16), 300, 4, () => Math.random());
    expect([...chosen.keys()].toSorted((a, b) => a - b)).toEqual([8, 15, 16]);
  });
});
