import type { EnsureArtefactOptions } from '../artefacts/ensure-artefact.js';
import type { CliContext } from './context.js';

/** Runs `action` with callbacks that show fetching on standard error: a progress bar, and a line for each source that was skipped. */
export async function withFetching<T>(
  { home, terminal }: CliContext,
  signal: AbortSignal,
  action: (options: EnsureArtefactOptions) => Promise<T>,
): Promise<T> {
  const { createProgressBar } = await import('../artefacts/progress-bar.js');
  const bar = createProgressBar(terminal.err);
  try {
    const onNotice = (line: string): void => {
      bar.stop();
      terminal.note(line);
    };
    return await action({ home, signal, env: process.env, onProgress: bar.onProgress, onNotice });
  } finally {
    bar.stop();
  }
}
