import { randomUUID } from 'node:crypto';
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { ArtefactError } from './artefact-error.js';
import { errorCode, errorMessage } from './source-error.js';

/** The folder for everything that Colloquy fetches or writes: `COLLOQUY_HOME`, otherwise a folder in the user's cache folder. */
export function resolveHome(env: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform): string {
  if (env['COLLOQUY_HOME']) return resolve(env['COLLOQUY_HOME']);
  return join(cacheFolder(env, platform), 'colloquy');
}

function cacheFolder(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  const userHome = (platform === 'win32' ? env['USERPROFILE'] : env['HOME']) || homedir();
  if (platform === 'win32') return env['LOCALAPPDATA'] || join(userHome, 'AppData', 'Local');
  const xdg = env['XDG_CACHE_HOME'];
  // A relative XDG_CACHE_HOME must be ignored. source: https://specifications.freedesktop.org/basedir-spec/0.8/
  if (xdg && isAbsolute(xdg)) return xdg;
  return platform === 'darwin' ? join(userHome, 'Library', 'Caches') : join(userHome, '.cache');
}

/**
 * Creates the folder for this user only, and writes a test file in it, because permission bits alone do not show whether it is writable
 * (root, read-only mounts).
 *
 * @throws {ArtefactError} `not-writable` or `no-space`, naming the folder and COLLOQUY_HOME.
 */
export async function prepareHome(home: string): Promise<void> {
  const probe = join(home, `.write-probe-${randomUUID()}`);
  try {
    await createFolder(home);
    await writeFile(probe, 'x', { flag: 'wx' });
  } catch (cause) {
    const advice = 'Set COLLOQUY_HOME to a folder that can be written.';
    if (errorCode(cause) === 'ENOSPC') {
      throw new ArtefactError('no-space', `No space left in the data folder ${home}. Free some, or: ${advice}`, {
        cause,
      });
    }
    throw new ArtefactError(
      'not-writable',
      `The data folder ${home} cannot be written (${errorMessage(cause)}). ${advice}`,
      { cause },
    );
  } finally {
    await rm(probe, { force: true }).catch(() => {});
  }
}

/** Does not use `recursive`: below `/proc`, where creation fails with ENOENT although the parent exists, Node would retry forever. */
async function createFolder(path: string): Promise<void> {
  const create = (): Promise<void> =>
    mkdir(path, { mode: 0o700 }).catch(async (error: unknown) => {
      if (errorCode(error) !== 'EEXIST' || !(await stat(path)).isDirectory()) throw error;
    });
  try {
    await create();
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' || dirname(path) === path) throw error;
    await createFolder(dirname(path));
    await create();
  }
}
