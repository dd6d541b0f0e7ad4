import { chmod, mkdir, open, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ArtefactError } from './artefact-error.js';
import {
  type Artefact,
  type ArtefactProgress,
  artefactFolder,
  describeSource,
  type ExecutableSource,
  fileOfSource,
  filesOf,
  pathOfFile,
} from './artefact.js';
import type { DownloadTimeouts } from './download-file.js';
import { takeFetchLock, tryFetchLock } from './fetch-lock.js';
import { bytesNeeded, fetchFromSource } from './fetch-source.js';
import { formatBytes } from './format-bytes.js';
import { diskFullError, requireFreeSpace } from './free-space.js';
import { prepareHome } from './home.js';
import { locateExecutable } from './locate-executable.js';
import { errorMessage, isDiskFull, isFileSystemError, SourceError } from './source-error.js';
import { checkFile, moveVerifiedFile } from './verified-file.js';

export interface EnsureArtefactOptions {
  /** The data folder, from `resolveHome`. */
  readonly home: string;
  readonly signal: AbortSignal;
  /** Called often; never called if the file exists and is unchanged since it was verified. */
  readonly onProgress: (progress: ArtefactProgress) => void;
  /** One line for the user, without a newline: a source that was skipped, a wait for another process. */
  readonly onNotice: (line: string) => void;
  /** Whether to fetch the file again even if it exists, damaged or not. The old file is replaced only after the new one is verified. */
  readonly force?: boolean;
  /** Environment for looking up programs and for pip. */
  readonly env: NodeJS.ProcessEnv;
  /** Default: `DOWNLOAD_TIMEOUTS`. */
  readonly timeouts?: DownloadTimeouts;
}

/**
 * Returns the path of an artefact's file; fetches it from the first source that has it. Safe to call in several processes at once: one
 * fetches, and the others wait. A file gets its final name only when it is complete and verified.
 *
 * @throws {ArtefactError} whose message says what to do; see `ArtefactErrorKind`.
 */
export async function ensureArtefact(artefact: Artefact, options: EnsureArtefactOptions): Promise<string> {
  const failures: string[] = [];
  const local = await findExecutable(artefact, options, failures);
  if (local !== undefined) return local;
  const folder = artefactFolder(artefact.name, options.home);
  const lockPath = join(folder, 'lock');
  try {
    const present = options.force ? undefined : await findVerified(artefact, options);
    if (present !== undefined) {
      await removeLeftovers(folder, lockPath);
      return present;
    }
    if (filesOf(artefact).length === 0) throw unavailableError(artefact, failures, options.home);
    await prepareHome(options.home);
    const onWait = (pid: number | undefined): void => {
      const holder = pid === undefined ? 'another process' : `another process (${pid})`;
      options.onNotice(`Waiting for ${holder} that fetches ${artefact.title}.`);
    };
    await using lock = await takeFetchLock(lockPath, { signal: options.signal, onWait });
    // The previous holder of the lock has either put the file in place or left partial files behind.
    await removePartials(folder);
    const fetched = lock.waited || !options.force ? await findVerified(artefact, options, options.force) : undefined;
    return fetched ?? (await fetchFromSources(artefact, join(folder, `partial-${lock.token}`), options, failures));
  } catch (error) {
    if (options.signal.aborted) {
      const message = `Fetching ${artefact.title} was cancelled. Nothing unfinished is kept.`;
      throw new ArtefactError('cancelled', message, { cause: error });
    }
    if (isDiskFull(error)) throw await diskFullError(options.home, artefact.sizeBytes, artefact.title, error);
    if (isFileSystemError(error)) throw fileSystemError(error, artefact, options.home);
    throw error;
  }
}

async function findExecutable(
  artefact: Artefact,
  { env, onNotice }: EnsureArtefactOptions,
  failures: string[],
): Promise<string | undefined> {
  for (const source of artefact.sources) {
    if (source.type !== 'executable') continue;
    const { found, rejected } = await locateExecutable(source, env);
    for (const reason of rejected) onNotice(`${artefact.title}: ${reason}; looking further.`);
    if (found) return found.path;
    failures.push(`${describeSource(source)}: ${rejected.length > 0 ? rejected.join('; ') : 'none'}`);
  }
  return undefined;
}

/** The path of a verified file; undefined if there is none, or (only with `ignoreDamaged`) if it is damaged. */
async function findVerified(
  artefact: Artefact,
  { home, signal, onProgress }: EnsureArtefactOptions,
  ignoreDamaged = false,
): Promise<string | undefined> {
  for (const file of filesOf(artefact)) {
    const path = pathOfFile(artefact, file, home);
    const { name, title } = artefact;
    const onBytes = (bytes: number): void =>
      onProgress({ name, title, phase: 'verify', bytes, totalBytes: file.sizeBytes });
    const check = await checkFile(path, file, { signal, onBytes });
    if (check.state === 'verified') return path;
    if (check.state === 'damaged' && !ignoreDamaged) throw damagedError(artefact, path, check.found);
  }
  return undefined;
}

function damagedError({ name, executable }: Artefact, path: string, found: string): ArtefactError {
  const advice = executable
    ? `delete it, and it is fetched again at the next start.`
    : `fetch it again: colloquy models pull ${name} --force`;
  return new ArtefactError('damaged', `The file of "${name}" is damaged (${found}): ${path} – ${advice}`);
}

async function fetchFromSources(
  artefact: Artefact,
  partial: string,
  options: EnsureArtefactOptions,
  failures: string[],
): Promise<string> {
  const { home, signal, env, onProgress, timeouts } = options;
  for (const [index, source] of artefact.sources.entries()) {
    const file = fileOfSource(artefact, source);
    if (source.type === 'executable' || file === undefined) continue;
    const neededBytes = bytesNeeded(source, file);
    try {
      await requireFreeSpace(home, neededBytes, artefact.title);
      await mkdir(partial, { recursive: true });
      const fetched = await fetchFromSource(artefact, source, file, {
        folder: partial,
        signal,
        env,
        onProgress,
        timeouts,
      });
      const path = pathOfFile(artefact, file, home);
      await putInPlace(fetched, path, artefact.executable ?? false);
      return path;
    } catch (error) {
      if (isDiskFull(error)) throw await diskFullError(home, neededBytes, artefact.title, error);
      if (signal.aborted || !(error instanceof SourceError)) throw error;
      const name = describeSource(source);
      failures.push(`${name}: ${error.message}`);
      const next = artefact.sources.slice(index + 1).find(({ type }) => type !== 'executable');
      options.onNotice(`${artefact.title}: ${name} ${error.message}${next ? `; trying ${describeSource(next)}` : ''}.`);
    } finally {
      await rm(partial, { recursive: true, force: true, maxRetries: 3 });
    }
  }
  throw unavailableError(artefact, failures, home);
}

function fileSystemError(cause: unknown, { title }: Artefact, home: string): ArtefactError {
  const advice = 'Check its permissions, or set COLLOQUY_HOME to another folder.';
  const message = `${title} cannot be kept in ${home} (${errorMessage(cause)}). ${advice}`;
  return new ArtefactError('not-writable', message, { cause });
}

async function putInPlace(from: string, to: string, executable: boolean): Promise<void> {
  if (executable) await chmod(from, 0o755);
  await mkdir(dirname(to), { recursive: true });
  // The content must reach the disk before the name does; otherwise a power failure could leave an empty file, reported as damaged.
  const file = await open(from, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await moveVerifiedFile(from, to);
}

function unavailableError(artefact: Artefact, failures: readonly string[], home: string): ArtefactError {
  const { title, name, sizeBytes, sources } = artefact;
  const byHand = filesOf(artefact).map(
    (file) => `  put the file (SHA-256 ${file.sha256}) here:\n    ${pathOfFile(artefact, file, home)}`,
  );
  const programs = sources.filter((source): source is ExecutableSource => source.type === 'executable');
  const byVariable = programs.map(
    ({ environmentVariable, minimumVersion }) =>
      `  set ${environmentVariable} to the path of one you have (version ${minimumVersion} or later)`,
  );
  return new ArtefactError(
    'unavailable',
    [
      `${title} ("${name}", ${formatBytes(sizeBytes)}) could not be had. Tried:`,
      ...failures.map((failure) => `  ${failure}`),
      'To supply it by hand:',
      [...byVariable, ...byHand].join(', or\n'),
    ].join('\n'),
  );
}

/** If no process is fetching now, removes unfinished downloads of processes that died after the file was in place. */
async function removeLeftovers(folder: string, lockPath: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  if (!names.some((name) => name.startsWith('partial-'))) return;
  await using lock = await tryFetchLock(lockPath).catch(() => undefined);
  if (lock) await removePartials(folder);
}

async function removePartials(folder: string): Promise<void> {
  const partials = (await readdir(folder)).filter((name) => name.startsWith('partial-'));
  for (const name of partials) {
    // A file that the orphaned child of a killed process is still writing is removed next time.
    await rm(join(folder, name), { recursive: true, force: true, maxRetries: 3 }).catch(() => {});
  }
}
