import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SingleBar } from 'cli-progress';
import type { IngestionHandle, IngestionProgress } from '../../client/ingestion-handle.js';
import { documentName } from '../../domain/knowledge/document-name.js';
import { describeFault, describeIngestion, describeNote, documentsDone } from '../../domain/knowledge/ingestion.js';
import { excerpt } from '../../domain/text.js';
import { printable } from '../terminal.js';
import type { Terminal } from '../terminal.js';

const POLL_MS = 400;
/** Interval between two lines, if no bar can be drawn. */
const LINE_MS = 5_000;
const NAME_CHARACTERS = 40;

export interface WatchIngestionOptions {
  readonly terminal: Pick<Terminal, 'err' | 'note'>;
  /** Stops watching; the ingestion continues. */
  readonly signal: AbortSignal;
  /** Reports only faults. */
  readonly isQuiet: boolean;
}

/**
 * Shows an ingestion until it ends: a bar on a terminal, elsewhere a line now and then; and a line for each document that cannot be read or has a note,
 * when it is known. How it ended is for the caller to ask.
 */
export async function watchIngestion(ingestion: IngestionHandle, options: WatchIngestionOptions): Promise<void> {
  const { terminal, signal, isQuiet } = options;
  const display = isQuiet ? SILENT : terminal.err.isTTY ? movingBar(terminal.err) : plainLines(terminal);
  let toldFaults = 0;
  let toldNotes = 0;
  let ended = false;
  // The caller, which asks for the result, reports its failure.
  const end = ingestion.result().then(
    () => void (ended = true),
    () => void (ended = true),
  );
  const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  try {
    while (!signal.aborted) {
      const isLast = ended;
      // A worker that is not running does not respond; the query is repeated.
      const progress = await Promise.race([ingestion.progress().catch(() => undefined), stopped]);
      if (progress) {
        const faults = progress.faults.slice(toldFaults);
        toldFaults = progress.faults.length;
        for (const fault of faults) {
          display.pause();
          terminal.note(printable(`not read: ${describeFault(fault, progress.sources)}`));
        }
        const notes = (progress.notes ?? []).slice(toldNotes);
        toldNotes += notes.length;
        for (const note of notes) {
          display.pause();
          terminal.note(printable(`note: ${describeNote(note, progress.sources)}`));
        }
        display.show(progress);
      }
      if (isLast) return;
      await Promise.race([sleep(POLL_MS), end, stopped]);
    }
  } finally {
    display.stop();
  }
}

interface Display {
  readonly show: (progress: IngestionProgress) => void;
  /** Called before other code writes a line. */
  readonly pause: () => void;
  readonly stop: () => void;
}

const SILENT: Display = { show: () => undefined, pause: () => undefined, stop: () => undefined };

function movingBar(stream: NodeJS.WriteStream): Display {
  let bar: SingleBar | undefined;
  const stop = (): void => {
    bar?.stop();
    bar = undefined;
  };
  return {
    show(progress) {
      const total = Math.max(1, progress.documents.total);
      const value = Math.min(total, workDone(progress));
      // A terminal that does not know its width reports 0.
      const payload = { told: printable(describe(progress, Math.max(20, (stream.columns || 100) - 40))) };
      if (bar === undefined) {
        bar = new SingleBar({
          stream,
          format: '[{bar}] {percentage}% {told}',
          barsize: 20,
          hideCursor: true,
          clearOnComplete: true,
          forceRedraw: true,
          gracefulExit: false,
        });
        bar.start(total, value, payload);
      }
      bar.setTotal(total);
      bar.update(value, payload);
    },
    pause: stop,
    stop,
  };
}

function plainLines({ note }: Pick<Terminal, 'note'>): Display {
  let last = '';
  let nextAt = 0;
  return {
    show(progress) {
      const line = printable(describe(progress, Infinity));
      if (line === last || performance.now() < nextAt) return;
      last = line;
      nextAt = performance.now() + LINE_MS;
      note(line);
    },
    pause: () => undefined,
    stop: () => undefined,
  };
}

/** Number of documents read, including the fractions of those in progress. */
function workDone(progress: IngestionProgress): number {
  return documentsDone(progress) + progress.reading.reduce((sum, { share }) => sum + share, 0);
}

function describe(progress: IngestionProgress, columns: number): string {
  const { waitingFor, reading, current, state, sources } = progress;
  const underWay = reading.reduce((sum, { chunks }) => sum + chunks, 0);
  const counts = describeIngestion({ ...progress, chunks: progress.chunks + underWay });
  const [uri] = current;
  const name = uri === undefined ? '' : ` · ${shortName(documentName(uri, sources))}`;
  const share = reading.find((each) => each.uri === uri)?.share ?? 0;
  const doing =
    waitingFor === undefined ? name + (share > 0 ? ` ${Math.floor(share * 100)}%` : '') : ` · waits: ${waitingFor}`;
  return excerpt(`${counts}${state === 'tidying' ? ' · tidying up' : doing}`, Math.min(columns, 1_000));
}

/** The last part of a long name, which says more than the folders before it. */
function shortName(name: string): string {
  return excerpt(name.length > NAME_CHARACTERS ? basename(name) || name : name, NAME_CHARACTERS);
}
