import { closeSync, copyFileSync, fstatSync, openSync, readSync, renameSync, statSync, truncateSync } from 'node:fs';
import { dirname } from 'node:path';
import { makePrivateFolder } from '../../private-folder.js';

const MAX_BYTES = 5 * 1_048_576;
const CHECK_MS = 60_000;
/** Enough for the last lines of a stack trace, which is all that an error message includes. */
const TAIL_BYTES = 4_096;

/**
 * A log to which a child process writes directly, so that its last output is kept even if this process dies first. At about
 * 5 MiB the older part moves to `<path>.1` and replaces the previous one. The size is checked once a minute, and a line
 * written at that very moment may be lost.
 */
export class LogFile {
  /** For `stdio` of a child process. */
  readonly fd: number;
  private runStart: number;
  private readonly rotation: NodeJS.Timeout;

  constructor(
    readonly path: string,
    private readonly maxBytes = MAX_BYTES,
    checkMs = CHECK_MS,
  ) {
    makePrivateFolder(dirname(path));
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > maxBytes) renameSync(path, `${path}.1`);
    // Opened for appending, so that after a truncation the child's next line goes to the new end and not to the old position.
    this.fd = openSync(path, 'a', 0o600);
    this.runStart = fstatSync(this.fd).size;
    this.rotation = setInterval(() => this.rotate(), checkMs).unref();
  }

  /** From now on, `lastLines` returns only lines written after this call. */
  markRun(): void {
    this.runStart = fstatSync(this.fd).size;
  }

  /** The last lines since `markRun`, at most `count`, without empty lines. */
  lastLines(count = 8): string[] {
    const { size } = fstatSync(this.fd);
    const from = Math.max(this.runStart, size - TAIL_BYTES);
    const buffer = Buffer.alloc(Math.max(0, size - from));
    const reader = openSync(this.path, 'r');
    try {
      readSync(reader, buffer, 0, buffer.length, from);
    } finally {
      closeSync(reader);
    }
    const lines = buffer.toString('utf8').split('\n');
    return lines.filter((line) => line.trim() !== '').slice(-count);
  }

  close(): void {
    clearInterval(this.rotation);
    closeSync(this.fd);
  }

  private rotate(): void {
    if (fstatSync(this.fd).size <= this.maxBytes) return;
    copyFileSync(this.path, `${this.path}.1`);
    truncateSync(this.path);
    this.runStart = 0;
  }
}
