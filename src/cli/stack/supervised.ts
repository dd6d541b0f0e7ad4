import { ColloquyError } from '../../client/colloquy-error.js';
import { exitWhenParentDies, onStopRequest, reportFatal } from '../../workers/stack/supervisor-link.js';
import { createCliContext } from '../context.js';
import type { CliContext, GlobalOptions } from '../context.js';
import { isForeseen } from '../report-error.js';

/** Runs a process as `colloquy start` needs it: it stops when asked to, ends with its parent, and says why when it cannot start. */
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
    // Starting again cannot help against what was foreseen, such as a damaged file. A server may come back, though.
    const isUnreachable = error instanceof ColloquyError && error.type === 'Temporal.Unreachable';
    if (isForeseen(error) && !isUnreachable) await reportFatal(error instanceof Error ? error.message : String(error));
    throw error;
  } finally {
    // The channel to the supervisor would keep this process alive for ever.
    process.channel?.unref();
  }
}
