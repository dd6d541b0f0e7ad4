import { SingleBar } from 'cli-progress';
import type { ArtefactProgress } from './artefact.js';
import { formatBytes } from './format-bytes.js';

export interface ProgressDisplay {
  /** For `EnsureArtefactOptions.onProgress`. */
  readonly onProgress: (progress: ArtefactProgress) => void;
  /** Prints a line, above the bar if one is visible. */
  readonly onNotice: (line: string) => void;
  /** Ends the line of the bar. Call it when everything is fetched, and when fetching failed. */
  readonly stop: () => void;
}

const PHASES: Readonly<Record<ArtefactProgress['phase'], string>> = {
  download: 'Downloading',
  verify: 'Verifying',
  unpack: 'Unpacking',
  convert: 'Converting',
};

/**
 * Shows the progress of artefacts, one after another: as a moving bar on a terminal, otherwise (logs, pipes) as a plain line at the start
 * of each phase and at every quarter of a download.
 */
export function createProgressBar(stream: NodeJS.WriteStream): ProgressDisplay {
  return stream.isTTY ? createMovingBar(stream) : createPlainLines(stream);
}

function createMovingBar(stream: NodeJS.WriteStream): ProgressDisplay {
  let bar: SingleBar | undefined;
  let shown = '';
  const stop = (): void => {
    bar?.stop();
    bar = undefined;
    shown = '';
  };
  return {
    onProgress(progress) {
      const { phase, title, bytes, totalBytes } = progress;
      const key = `${phase} ${title}`;
      if (key !== shown) {
        stop();
        shown = key;
        bar = new SingleBar({
          stream,
          format: `${PHASES[phase]} ${title} [{bar}] {percentage}% {done} of {size}`,
          barsize: 24,
          hideCursor: true,
          // A phase that lasts a second is not interesting afterwards.
          clearOnComplete: phase !== 'download',
          // The final state must be drawn even if all progress came within one redraw.
          forceRedraw: true,
          gracefulExit: false,
        });
        bar.start(totalBytes, bytes, payload(progress));
      }
      bar?.update(bytes, payload(progress));
    },
    onNotice(line) {
      stop();
      stream.write(`${line}\n`);
    },
    stop,
  };
}

function payload({ bytes, totalBytes }: ArtefactProgress): { done: string; size: string } {
  return { done: formatBytes(bytes), size: formatBytes(totalBytes) };
}

function createPlainLines(stream: NodeJS.WriteStream): ProgressDisplay {
  let shown = '';
  let nextQuarter = 0;
  return {
    onProgress({ phase, title, bytes, totalBytes }) {
      const key = `${phase} ${title}`;
      if (key !== shown) [shown, nextQuarter] = [key, 0];
      const quarter = totalBytes === 0 ? 4 : Math.floor((bytes * 4) / totalBytes);
      if (quarter < nextQuarter) return;
      nextQuarter = phase === 'download' ? quarter + 1 : Infinity;
      const percentage = phase === 'download' ? `: ${quarter * 25}% of ${formatBytes(totalBytes)}` : '';
      stream.write(`${PHASES[phase]} ${title}${percentage}\n`);
    },
    onNotice(line) {
      stream.write(`${line}\n`);
    },
    stop() {},
  };
}
