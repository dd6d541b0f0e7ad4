import type { ChildProcess } from 'node:child_process';

/** Sends the signal and waits until the process has ended; does nothing where it has already. */
export async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  // It says so only once.
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => {
    child.once('exit', resolve);
  });
  child.kill(signal);
  await ended;
}
