import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createTemporaryFolder } from '../../test/setup/temporary-folder.js';
import { prepareHome, resolveHome } from './home.js';

describe('resolveHome', () => {
  it.each([
    ['COLLOQUY_HOME wins', { COLLOQUY_HOME: '/data/c', XDG_CACHE_HOME: '/x', HOME: '/h' }, 'linux', '/data/c'],
    ['an empty COLLOQUY_HOME is none', { COLLOQUY_HOME: '', HOME: '/h' }, 'linux', '/h/.cache/colloquy'],
    ['the cache folder of XDG', { XDG_CACHE_HOME: '/x', HOME: '/h' }, 'linux', '/x/colloquy'],
    ['a relative XDG_CACHE_HOME is ignored', { XDG_CACHE_HOME: 'x', HOME: '/h' }, 'linux', '/h/.cache/colloquy'],
    ['macOS', { HOME: '/h' }, 'darwin', '/h/Library/Caches/colloquy'],
    ['Windows', { LOCALAPPDATA: '/local' }, 'win32', '/local/colloquy'],
  ] as const)('%s', (_, env, platform, expected) => {
    expect(resolveHome(env, platform)).toBe(expected);
  });

  it('makes a relative COLLOQUY_HOME absolute, for workers may run elsewhere', () => {
    expect(resolveHome({ COLLOQUY_HOME: 'data' })).toBe(join(process.cwd(), 'data'));
  });
});

describe('prepareHome', () => {
  it('creates the folder for this user only and leaves nothing in it', async () => {
    await using folder = await createTemporaryFolder();
    const home = join(folder.path, 'a', 'b');
    await prepareHome(home);
    expect((await stat(home)).mode & 0o777).toBe(0o700);
    expect(await readdir(home)).toEqual([]);
  });

  it('keeps what is in a folder that exists', async () => {
    await using folder = await createTemporaryFolder();
    await mkdir(join(folder.path, 'sessions'));
    await prepareHome(folder.path);
    expect(await readdir(folder.path)).toEqual(['sessions']);
  });

  it('names the folder and COLLOQUY_HOME when the folder would lie below a file', async () => {
    await using folder = await createTemporaryFolder();
    await writeFile(join(folder.path, 'file'), '');
    const home = join(folder.path, 'file', 'home');
    await expect(prepareHome(home)).rejects.toMatchObject({
      kind: 'not-writable',
      message: expect.stringMatching(
        new RegExp(`^The data folder ${home} cannot be written \\(ENOTDIR.*Set COLLOQUY_HOME to a folder that can`),
      ),
    });
  });

  it.runIf(process.platform === 'linux')(
    'refuses a folder that exists and takes no files, even from root',
    async () => {
      await expect(prepareHome('/proc/self')).rejects.toMatchObject({
        kind: 'not-writable',
        message: expect.stringContaining('The data folder /proc/self cannot be written ('),
      });
    },
  );
});
