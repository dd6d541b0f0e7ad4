import { fork, type ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { builtEntry } from '../../built-entry.js';
import type { ParsedDocument } from '../../domain/knowledge/retrieval.js';
import { DocumentError } from '../document-error.js';
import { isParserReport, type ParserReport, type ParserTask } from './parser-protocol.js';

const MEMORY_CHECK_MS = 500;
/** Share of the process's memory limit that JavaScript's heap may take. */
const HEAP_SHARE = 0.75;
const LAST_WORDS_CHARACTERS = 2000;
/** Page size of Linux on nearly all machines that Node runs on. On the others, the effective limit is four times as high. */
const PAGE_BYTES = 4096;

/**
 * Parses one document in a separate process, which is killed when it exceeds its time or memory, or when `signal` aborts. So a document can
 * only harm the process of its own parser.
 *
 * @throws {DocumentError}; the signal's reason when it aborts.
 */
export async function parseInProcess(
  bytes: Uint8Array,
  task: ParserTask,
  signal: AbortSignal,
): Promise<ParsedDocument> {
  signal.throwIfAborted();
  const { name, limits } = task;
  const { timeoutMs, maxMemoryBytes } = limits;
  const heapMegabytes = Math.ceil((maxMemoryBytes * HEAP_SHARE) / 1_000_000);
  const child = fork(builtEntry(new URL('./parser-process.js', import.meta.url)), [], {
    // The child gets no environment variables, because they may hold secrets that a document's parser must not see.
    env: {},
    execArgv: [`--max-old-space-size=${heapMegabytes}`],
    serialization: 'advanced',
    stdio: ['pipe', 'ignore', 'pipe', 'ipc'],
  });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const stops: (() => void)[] = [];
  try {
    const report = await new Promise<ParserReport>((resolve, reject) => {
      const lastWords = collectLastWords(child);
      child.once('message', (message) => {
        if (isParserReport(message)) resolve(message);
      });
      child.once('exit', (code, killed) => reject(crashed(name, lastWords(), killed ?? `exit code ${code}`)));
      child.once('error', (error) => reject(crashed(name, error.message, 'it could not be started')));
      const timer = setTimeout(() => {
        const what = `${name} was not read within ${Math.round(timeoutMs / 100) / 10} s`;
        reject(new DocumentError('Document.Timeout', `${what}. Split it, or raise the time limit.`));
      }, timeoutMs);
      const watchMemory = async (): Promise<void> => {
        if ((await residentBytes(child.pid)) > maxMemoryBytes) reject(outOfMemory(name, maxMemoryBytes));
      };
      const memory = setInterval(() => void watchMemory(), MEMORY_CHECK_MS);
      const onAbort = (): void => reject(abortReason(signal));
      signal.addEventListener('abort', onAbort);
      stops.push(
        () => clearTimeout(timer),
        () => clearInterval(memory),
        () => signal.removeEventListener('abort', onAbort),
      );
      // If the process has just died, `exit` reports it.
      child.stdin?.on('error', () => undefined);
      child.send(task, () => undefined);
      child.stdin?.end(bytes);
    });
    if (report.type === 'parsed') return report.parsed;
    if (report.failureType !== undefined) throw new DocumentError(report.failureType, report.message);
    throw new DocumentError('Document.Corrupt', `${name} cannot be read (${report.message}). Leave it out.`);
  } finally {
    for (const stop of stops) stop();
    child.kill('SIGKILL');
    await ended;
  }

  function crashed(document: string, lastWords: string, how: string): DocumentError {
    if (/heap out of memory|Array buffer allocation failed/u.test(lastWords))
      return outOfMemory(document, maxMemoryBytes);
    const detail = lastWords.trim().split('\n').at(-1) ?? '';
    return new DocumentError(
      'Document.Corrupt',
      `${document} makes its parser end (${how}${detail === '' ? '' : `: ${detail}`}). Leave it out.`,
    );
  }
}

function abortReason({ reason }: AbortSignal): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

function collectLastWords(child: ChildProcess): () => string {
  let words = '';
  child.stderr?.on('data', (data: Buffer) => void (words = (words + data.toString()).slice(-LAST_WORDS_CHARACTERS)));
  return () => words;
}

function outOfMemory(name: string, maxMemoryBytes: number): DocumentError {
  const megabytes = Math.round(maxMemoryBytes / 1_000_000);
  return new DocumentError(
    'Document.TooLarge',
    `${name} takes more than ${megabytes} MB of memory to read. Split it, or raise the memory limit.`,
  );
}

/** Returns 0 if the size is unknown. source: proc(5), /proc/pid/statm: its second number counts pages */
async function residentBytes(pid: number | undefined): Promise<number> {
  try {
    return Number((await readFile(`/proc/${pid}/statm`, 'utf8')).split(' ')[1]) * PAGE_BYTES;
  } catch {
    return 0;
  }
}
