import { CancellationScope, CancelledFailure } from '@temporalio/workflow';

/**
 * Runs work that is to be asked something before it is cancelled: when the scope of the caller is cancelled, `beforeStop` is awaited, and
 * the work is cancelled then. What `beforeStop` throws is ignored.
 *
 * @throws {CancelledFailure} when the scope is cancelled already; and what the work throws
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
        // The stop comes first.
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
