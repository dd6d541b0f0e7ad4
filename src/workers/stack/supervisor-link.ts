/**
 * The child's side of `superviseProcess`: messages between a supervised process and its supervisor. In a process without a supervisor, all
 * functions do nothing, so that you can run the same file by hand.
 */

/** Sent to the child on systems without signals (Windows). */
export const STOP_MESSAGE = { type: 'stop' } as const;

/** How long an orphan may take to clean up. Including the time to notice, it is gone within 2 seconds. */
const ORPHAN_GRACE_MS = 1_500;

/** Reports that this process is ready. `details` must be JSON-safe; the supervisor passes them on. */
export function reportReady(details: Readonly<Record<string, unknown>> = {}): void {
  process.send?.({ ...details, type: 'ready' });
}

/** Reports why a restart of this process cannot help. Resolves once the report is sent, so that the process may exit. */
export function reportFatal(message: string): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send({ type: 'fatal', message }, () => resolve());
  });
}

/** Calls back once when the supervisor asks this process to end, or when the process gets SIGTERM. */
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
 * Ends this process when its supervisor is gone, for whatever reason: otherwise nothing would restart, stop or read this process any more.
 * Call it first, before loading anything slow: the event loop delivers the news, so a blocked loop delays it.
 *
 * @param cleanUp may take a second and a half.
 */
export function exitWhenParentDies(cleanUp: () => unknown = () => {}): void {
  if (process.send === undefined) return;
  const leave = async (): Promise<void> => {
    // Uses a signal because `process.exit` runs the exit handlers of native addons, which may wait for threads that never end.
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
