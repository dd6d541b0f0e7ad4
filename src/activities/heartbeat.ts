import type { Context } from '@temporalio/activity';

/** How often the activity beats. */
export const HEARTBEAT_INTERVAL_MS = 1_000;

/** How long the SDK may hold a beat back. Beats that follow each other faster are merged; those of every second pass. */
export const HEARTBEAT_THROTTLE_MS = 100;

const FIRST_BEAT_MS = 250;

/** While somebody is known to want the end: cancellation travels with the answers to beats. */
const HURRIED_INTERVAL_MS = 50;
/** The server may hear of it later than the worker. */
const HURRY_FOR_MS = 2_000;

export interface Heartbeat {
  /** Asks the server for two seconds at short intervals whether the activity was cancelled. */
  hurry(): void;
  stop(): void;
}

/**
 * Beats every second with what `details` returns, until stopped; the first time a little sooner, but not at once: short work then costs the
 * server no write. Start it before anything slow.
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
