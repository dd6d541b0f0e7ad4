// Real processes on one data folder, and a disk that is really full. A local server gives the file, as slowly as is needed.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Artefact } from '../../src/artefacts/artefact.js';
import { ensureArtefact, type EnsureArtefactOptions } from '../../src/artefacts/ensure-artefact.js';
import { buildFetcher, startFetcher } from './fetcher.js';
import { type LocalServer, startLocalServer } from './local-server.js';
import { createTemporaryFolder, type TemporaryFolder } from './temporary-folder.js';

const content = Buffer.alloc(3_000_000, 'weights');
const sha256 = createHash('sha256').update(content).digest('hex');

function artefactOn(server: LocalServer): Artefact {
  const sources = [{ type: 'download', url: `${server.url}/big.gguf` }] as const;
  return {
    name: 'big',
    title: 'Big',
    licence: 'MIT',
    fileName: 'big.gguf',
    sizeBytes: content.length,
    sha256,
    sources,
  };
}

const folderIn = (home: string): string => join(home, 'artefacts', 'big');
const fileIn = (home: string): string => join(folderIn(home), sha256.slice(0, 12), 'big.gguf');
const partialsIn = async (home: string): Promise<string[]> =>
  (await readdir(folderIn(home))).filter((name) => name.startsWith('partial-'));

/** Sends the first half and gives the function that sends the rest. */
function sendHalf(response: ServerResponse): () => void {
  response.setHeader('content-length', content.length).write(content.subarray(0, content.length / 2));
  return () => response.end(content.subarray(content.length / 2));
}

function optionsFor(home: string): EnsureArtefactOptions {
  return { home, env: process.env, signal: AbortSignal.timeout(10_000), onProgress: () => {}, onNotice: () => {} };
}

let build: TemporaryFolder;
let program: string;
beforeAll(async () => {
  build = await createTemporaryFolder();
  program = await buildFetcher(build.path);
}, 60_000);
afterAll(() => build[Symbol.asyncDispose]());

describe('two processes that want one artefact', () => {
  it('make one download: one fetches, the other says that it waits and uses the file', async () => {
    await using home = await createTemporaryFolder();
    const finish: (() => void)[] = [];
    await using server = await startLocalServer((_, response) => finish.push(sendHalf(response)));
    const first = startFetcher(program, artefactOn(server), home.path);
    await first.printed('bytes ');
    const second = startFetcher(program, artefactOn(server), home.path);
    await second.printed(`Waiting for another process (${first.child.pid}) that fetches Big.\n`);
    for (const send of finish) send();
    expect(await Promise.all([first.ended, second.ended])).toEqual([0, 0]);
    expect(second.output()).toBe(
      `Waiting for another process (${first.child.pid}) that fetches Big.\nfetched ${fileIn(home.path)}\n`,
    );
    expect(server.requests).toHaveLength(1);
    expect((await readFile(fileIn(home.path))).equals(content)).toBe(true);
  }, 30_000);

  it('survive that the one that fetches is killed: the one that waits takes over at once', async () => {
    await using home = await createTemporaryFolder();
    await using server = await startLocalServer((_, response) => {
      const finish = sendHalf(response);
      if (server.requests.length > 1) finish();
    });
    const first = startFetcher(program, artefactOn(server), home.path);
    await first.printed('bytes ');
    const second = startFetcher(program, artefactOn(server), home.path);
    await second.printed('Waiting for another process');
    const killedAt = performance.now();
    first.child.kill('SIGKILL');
    expect(await second.ended).toBe(0);
    expect(performance.now() - killedAt).toBeLessThan(5_000);
    expect((await readFile(fileIn(home.path))).equals(content)).toBe(true);
    expect(await partialsIn(home.path)).toEqual([]);
  }, 30_000);
});

describe('a process that is killed in the middle of a download', () => {
  it('leaves no file under the final name, and the next one clears away and succeeds', async () => {
    await using home = await createTemporaryFolder();
    await using server = await startLocalServer((_, response) => {
      const finish = sendHalf(response);
      if (server.requests.length > 1) finish();
    });
    const killed = startFetcher(program, artefactOn(server), home.path);
    await killed.printed('bytes ');
    killed.child.kill('SIGKILL');
    await killed.ended;
    expect(await partialsIn(home.path)).toHaveLength(1);
    await expect(readFile(fileIn(home.path))).rejects.toMatchObject({ code: 'ENOENT' });

    const next = startFetcher(program, artefactOn(server), home.path);
    expect(await next.ended).toBe(0);
    expect(next.output()).not.toContain('Waiting');
    expect((await readFile(fileIn(home.path))).equals(content)).toBe(true);
    expect(await readdir(folderIn(home.path))).toEqual([sha256.slice(0, 12)]);
  }, 30_000);

  it('leaves a lock that a process with its pid, in a container that was started again, does not take for its own', async () => {
    await using home = await createTemporaryFolder();
    await using server = await startLocalServer((_, response) => response.end(content));
    const holder = { token: 't', pid: process.pid, host: hostname(), processStartedAt: Date.now() - 3_600_000 };
    await mkdir(folderIn(home.path), { recursive: true });
    await writeFile(join(folderIn(home.path), 'lock'), JSON.stringify(holder));
    await mkdir(join(folderIn(home.path), 'partial-t'));
    const notices: string[] = [];
    const signal = AbortSignal.timeout(10_000);
    const options = { ...optionsFor(home.path), signal, onNotice: (line: string) => notices.push(line) };
    expect(await ensureArtefact(artefactOn(server), options)).toBe(fileIn(home.path));
    expect(notices).toEqual([]);
    expect(await readdir(folderIn(home.path))).toEqual([sha256.slice(0, 12)]);
  });
});

describe('a full disk', () => {
  const run = promisify(execFile);
  let disk: TemporaryFolder | undefined;
  beforeAll(async () => {
    const folder = await createTemporaryFolder();
    try {
      await run('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder.path]);
      disk = folder;
    } catch (error) {
      process.stdout.write(`Full disk not tested: mounting a small one is not permitted (${String(error)})\n`);
      await folder[Symbol.asyncDispose]();
    }
  });
  afterAll(async () => {
    if (disk === undefined) return;
    await run('umount', [disk.path]);
    await disk[Symbol.asyncDispose]();
  });

  it('is found before the download begins', async ({ skip }) => {
    skip(disk === undefined, 'mounting a small disk is not permitted');
    const home = disk?.path ?? '';
    await using server = await startLocalServer((_, response) => response.end(content));
    await writeFile(join(home, 'ballast'), Buffer.alloc(2_000_000));
    await expect(ensureArtefact(artefactOn(server), optionsFor(home))).rejects.toMatchObject({
      kind: 'no-space',
      message: expect.stringMatching(
        new RegExp(
          `^No space to fetch Big: ${home} needs 3.0 MB \\(3000000 bytes\\) and 2.\\d MB \\(\\d+ bytes\\) is free. ` +
            'Free some space, or set COLLOQUY_HOME to a folder on another disk.$',
        ),
      ),
    });
    expect(server.requests).toEqual([]);
    await rm(join(home, 'ballast'));
  });

  it('is told as such when it fills up during the download, and nothing half-written stays', async ({ skip }) => {
    skip(disk === undefined, 'mounting a small disk is not permitted');
    const home = disk?.path ?? '';
    const ballast = join(home, 'ballast');
    await using server = await startLocalServer((_, response) => {
      const finish = sendHalf(response);
      writeFile(ballast, Buffer.alloc(1_800_000)).then(finish, finish);
    });
    await expect(ensureArtefact(artefactOn(server), optionsFor(home))).rejects.toMatchObject({
      kind: 'no-space',
      message: expect.stringContaining(`No space to fetch Big: ${home} needs 3.0 MB (3000000 bytes) and `),
    });
    expect(await readdir(folderIn(home))).toEqual([]);
    await rm(ballast);
  });
});
