/**
 * The child's side of `superviseProcess`: what a supervised process says to the one that started it, and hears from it. In a
 * process that nobody supervises all of it does nothing, so that the same file can be run by hand.
 */

/** Sent to the child where signals do not exist (Windows). */
export const STOP_MESSAGE = { type: 'stop' } as const;

/** How long an orphan may take for its clean-up. With the time to notice it is gone within 2 seconds. */
const ORPHAN_GRACE_MS = 1_500;

/** Says that this process does its work now. `details` must be JSON-safe; the supervisor passes them on. */
export function reportReady(details: Readonly<Record<string, unknown>> = {}): void {
  process.send?.({ ...details, type: 'ready' });
}

/** Says why starting this process again cannot help. Resolves when it is said, so that the process may exit. */
export function reportFatal(message: string): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send({ type: 'fatal', message }, () => resolve());
  });
}

/** Calls back once, when the supervisor asks this process to end (or somebody sends it SIGTERM). */
export function onStopRequest(stop: () => void): void {
  let stopped = false;
  const stopOnce = (): void => {
    if (!stopped) stop();
    stopped = true;
  };
  process.on('SIGTERM', stopOnce);
  process.on('message', (message) => {
    if (typeof message === 'object' && message !== null && 'type' in message && message.type === STOP_MESSAGE.type)
      stopOnce();
  });
}

/**
 * Ends this process when its supervisor is gone, however it went: nobody would restart, stop or read it any more. Call it first
 * thing, before loading anything slow: it is noticed by the event loop, and so not while that is blocked.
 *
 * @param cleanUp may take a second and a half.
 */
export function exitWhenParentDies(cleanUp: () => unknown = () => {}): void {
  if (process.send === undefined) return;
  const leave = async (): Promise<void> => {
    // By signal: `process.exit` runs the exit handlers of native addons, and those may wait for threads that never end.
    const limit = setTimeout(() => process.kill(process.pid, 'SIGKILL'), ORPHAN_GRACE_MS);
    try {
      await cleanUp();
    } finally {
      clearTimeout(limit);
      process.kill(process.pid, 'SIGKILL');
    }
  };
  if (process.connected) process.once('disconnect', () => void leave());
  else void leave();
}
