import { Context } from '@temporalio/activity';
import { startHeartbeat } from './heartbeat.js';
import { toFailure } from './to-failure.js';

/**
 * An attempt at something slow: beats every second with `details()`, stops when it is cancelled, and fails as Temporal is to understand it.
 *
 * @param action is given the signal of its cancellation
 */
export async function withHeartbeat<Result>(
  action: (signal: AbortSignal) => Promise<Result>,
  details: () => unknown = () => undefined,
): Promise<Result> {
  const context = Context.current();
  const heartbeat = startHeartbeat(context, details);
  try {
    return await action(context.cancellationSignal);
  } catch (error) {
    // Rejects with what cancelled it: the workflow, the server's timeout, or the end of the worker.
    if (context.cancellationSignal.aborted) await context.cancelled;
    throw toFailure(error);
  } finally {
    heartbeat.stop();
  }
}
