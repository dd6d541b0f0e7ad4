import { Context } from '@temporalio/activity';
import { startHeartbeat } from './heartbeat.js';
import type { Heartbeat } from './heartbeat.js';
import { toFailure } from './to-failure.js';

export interface HeartbeatOptions {
  /** What a beat carries for the attempt after this one. Default: nothing. */
  readonly details?: () => unknown;
  /** What the attempt fails with after an error; it may reject instead. Default: what cancelled it, else the error as `toFailure` has it. */
  readonly failureOf?: (error: unknown, context: Context) => Promise<unknown>;
}

/**
 * An attempt at something slow: beats every second, stops when it is cancelled, and fails as Temporal is to understand it.
 *
 * @param action is given the signal of its cancellation
 */
export async function withHeartbeat<Result>(
  action: (signal: AbortSignal, heartbeat: Heartbeat) => Promise<Result>,
  { details = () => undefined, failureOf = cancelledOrFailed }: HeartbeatOptions = {},
): Promise<Result> {
  const context = Context.current();
  const heartbeat = startHeartbeat(context, details);
  try {
    return await action(context.cancellationSignal, heartbeat);
  } catch (error) {
    throw await failureOf(error, context);
  } finally {
    heartbeat.stop();
  }
}

async function cancelledOrFailed(error: unknown, { cancellationSignal, cancelled }: Context): Promise<unknown> {
  // Rejects with what cancelled it: the workflow, the server's timeout, or the end of the worker.
  if (cancellationSignal.aborted) await cancelled;
  return toFailure(error);
}
