import { CancellationScope, sleep } from '@temporalio/workflow';

export interface BoundedRun<T> {
  readonly result: Promise<T>;
  /** Whether it was stopped because its time was up. */
  isLate(): boolean;
  cancel(): void;
}

/** Runs work in its own scope, which is cancelled at a time of the workflow's clock, in ms. */
export function runUntil<T>(untilMs: number, work: () => Promise<T>): BoundedRun<T> {
  const scope = new CancellationScope();
  const timer = new CancellationScope();
  let isLate = false;
  const result = scope.run(work);
  const stopTimer = (): void => timer.cancel();
  result.then(stopTimer, stopTimer);
  void watch();
  return { result, isLate: () => isLate, cancel: () => scope.cancel() };

  async function watch(): Promise<void> {
    try {
      await timer.run(() => sleep(Math.max(1, untilMs - Date.now())));
      isLate = true;
      scope.cancel();
    } catch {
      // The work was done in time.
    }
  }
}
