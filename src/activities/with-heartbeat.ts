import { Context } from '@temporalio/activity';
import { startHeartbeat } from './heartbeat.js';
import type { Heartbeat } from './heartbeat.js';
import { toFailure } from './to-failure.js';

export interface HeartbeatOptions {
  /** Heartbeat details for the next attempt. Default: none. */
  readonly details?: () => unknown;
  /**
   * Returns the failure of the attempt for an error, or rejects with it. Default: the cancellation if there was
   * one, otherwise the result of `toFailure`.
   */
  readonly failureOf?: (error: unknown, context: Context) => Promise<unknown>;
}

/**
 * Runs one attempt at something slow: it sends a heartbeat every second, stops when cancelled, and turns errors into Temporal failures.
 *
 * @param action gets the cancellation signal
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
  // Rejects with the cause of the cancellation: the workflow, the server's timeout, or the shutdown of the worker.
  if (cancellationSignal.aborted) await cancelled;
  return toFailure(error);
}
