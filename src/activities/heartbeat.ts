import type { Context } from '@temporalio/activity';

/** How often the activity beats. The worker's throttle (`workers/model-worker.ts`) is as short, or beats would be held back. */
export const HEARTBEAT_INTERVAL_MS = 1_000;

/** Beats at once and then every second with what `details` returns, until stopped. Start it before anything slow. */
export function startHeartbeat(context: Context, details: () => unknown): { stop(): void } {
  context.heartbeat(details());
  const timer = setInterval(() => context.heartbeat(details()), HEARTBEAT_INTERVAL_MS);
  return { stop: () => clearInterval(timer) };
}
