import { ColloquyError } from '../../client/colloquy-error.js';
import { exitWhenParentDies, onStopRequest, reportFatal } from '../../workers/stack/supervisor-link.js';
import { createCliContext } from '../context.js';
import type { CliContext, GlobalOptions } from '../context.js';
import { isForeseen } from '../report-error.js';

/** Runs a process of `colloquy start`: it stops on request, ends with its parent, and reports why it cannot start. */
export async function supervised<Options extends GlobalOptions>(
  options: Options,
  run: (context: CliContext, options: Options, stopSignal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  exitWhenParentDies();
  onStopRequest(() => stop.abort());
  process.once('SIGINT', () => stop.abort());
  try {
    await run(await createCliContext(options), options, stop.signal);
  } catch (error) {
    if (stop.signal.aborted) return;
    // A restart does not help against a known failure such as a damaged file. A server, however, may come back.
    const isUnreachable = error instanceof ColloquyError && error.type === 'Temporal.Unreachable';
    if (isForeseen(error) && !isUnreachable) await reportFatal(error instanceof Error ? error.message : String(error));
    throw error;
  } finally {
    // An open channel to the supervisor would keep this process alive.
    process.channel?.unref();
  }
}
