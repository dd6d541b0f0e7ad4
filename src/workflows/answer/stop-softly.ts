import { CancellationScope, CancelledFailure } from '@temporalio/workflow';

/**
 * Runs work that is queried before it is cancelled: when the scope of the caller is cancelled, this awaits `beforeStop` and then cancels the work.
 * Errors of `beforeStop` are ignored.
 *
 * @throws {CancelledFailure} if the scope is already cancelled; and the errors of the work
 */
export function stopSoftly<T>(work: () => Promise<T>, beforeStop: () => Promise<void>): Promise<T> {
  const outer = CancellationScope.current();
  if (outer.consideredCancelled) throw new CancelledFailure('The scope is cancelled already.');
  return CancellationScope.nonCancellable(async () => {
    const inner = new CancellationScope();
    let hasEnded = false;
    outer.cancelRequested.catch(async () => {
      if (hasEnded) return;
      try {
        await beforeStop();
      } catch {
        // The stop takes precedence.
      }
      inner.cancel();
    });
    try {
      return await inner.run(work);
    } finally {
      hasEnded = true;
    }
  });
}
