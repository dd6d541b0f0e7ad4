import type { Context } from '@temporalio/activity';

/** Interval between heartbeats. */
export const HEARTBEAT_INTERVAL_MS = 1_000;

/** How long the SDK may delay a heartbeat. It merges heartbeats that follow each other faster; one per second passes. */
export const HEARTBEAT_THROTTLE_MS = 100;

const FIRST_BEAT_MS = 250;

/** Interval while a stop is known to be requested: the server reports cancellation in its answers to heartbeats. */
const HURRIED_INTERVAL_MS = 50;
/** The worker may hear of the request before the server does. */
const HURRY_FOR_MS = 2_000;

export interface Heartbeat {
  /** For two seconds, asks the server at short intervals whether the activity was cancelled. */
  hurry(): void;
  stop(): void;
}

/**
 * Sends a heartbeat with the result of `details` every second, until stopped. The first one comes a little sooner than that, but not at
 * once, so that short work costs the server no write. Start it before anything slow.
 */
export function startHeartbeat(context: Context, details: () => unknown): Heartbeat {
  const beat = (): void => context.heartbeat(details());
  const first = setTimeout(beat, FIRST_BEAT_MS);
  const timer = setInterval(beat, HEARTBEAT_INTERVAL_MS);
  let hurried: NodeJS.Timeout | undefined;
  const relax = (): void => clearInterval(hurried);
  return {
    hurry() {
      relax();
      hurried = setInterval(beat, HURRIED_INTERVAL_MS);
      setTimeout(relax, HURRY_FOR_MS).unref();
      beat();
    },
    stop() {
      clearTimeout(first);
      clearInterval(timer);
      relax();
    },
  };
}
