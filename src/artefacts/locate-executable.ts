import { execFile } from 'node:child_process';
import { access, constants, stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { ExecutableSource } from './artefact.js';
import { errorCode, errorMessage } from './source-error.js';

/** A program found on this machine. */
export interface LocatedExecutable {
  readonly path: string;
  readonly version: string;
}

export interface ExecutableSearch {
  readonly found?: LocatedExecutable;
  /** Why each existing program was skipped; empty if none exists. */
  readonly rejected: readonly string[];
}

const VERSION_TIMEOUT_MS = 20_000;

/** Looks for the program in the environment variable, then on PATH, and runs each candidate with `--version`. */
export async function locateExecutable(source: ExecutableSource, env: NodeJS.ProcessEnv): Promise<ExecutableSearch> {
  const rejected: string[] = [];
  const configured = env[source.environmentVariable];
  const candidates = configured ? [{ path: resolve(configured), from: source.environmentVariable }] : [];
  const onPath = await findOnPath(source.command, env);
  if (onPath) candidates.push({ path: onPath, from: 'PATH' });
  for (const { path, from } of candidates) {
    const version = await versionOfExecutable(path);
    if (version instanceof Error) {
      rejected.push(`${path} (from ${from}) does not run: ${version.message}`);
    } else if (compareVersions(version, source.minimumVersion) < 0) {
      rejected.push(`${path} (from ${from}) is version ${version}, older than ${source.minimumVersion}`);
    } else {
      return { found: { path, version }, rejected };
    }
  }
  return { rejected };
}

/** The version that a program prints, or an error that says why there is none. */
export async function versionOfExecutable(path: string): Promise<string | Error> {
  try {
    const { stdout } = await promisify(execFile)(path, ['--version'], { timeout: VERSION_TIMEOUT_MS });
    const version = /\d+\.\d+\.\d+/.exec(stdout)?.[0];
    return version ?? new Error(`--version printed "${stdout.trim().slice(0, 80)}"`);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return new Error('the file does not exist');
    return new Error(errorMessage(error).split('\n')[0]);
  }
}

async function findOnPath(command: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const fileName = process.platform === 'win32' ? `${command}.exe` : command;
  for (const folder of (env['PATH'] ?? env['Path'] ?? '').split(delimiter)) {
    if (folder === '') continue;
    const path = resolve(join(folder, fileName));
    if (await isExecutableFile(path)) return path;
  }
  return undefined;
}

async function isExecutableFile(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  for (let part = 0; part < 3; part++) {
    const difference = (left?.[part] ?? 0) - (right?.[part] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
