import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { dirname, join } from 'node:path';
import { create as createTar } from 'tar';
import { describe, expect, it } from 'vitest';
import { type LocalServer, startLocalServer } from '../../test/setup/local-server.js';
import { createTemporaryFolder } from '../../test/setup/temporary-folder.js';
import type { Artefact, Source } from './artefact.js';
import { ensureArtefact, type EnsureArtefactOptions } from './ensure-artefact.js';
import { inspectArtefact } from './inspect-artefact.js';

const content = Buffer.alloc(300_000, 'weights');
const sha256 = createHash('sha256').update(content).digest('hex');
const answerWell: RequestListener = (_, response) => response.setHeader('content-length', content.length).end(content);

function artefactFrom(...sources: Source[]): Artefact {
  return {
    name: 'tiny',
    title: 'Tiny',
    licence: 'MIT',
    fileName: 'tiny.gguf',
    sizeBytes: content.length,
    sha256,
    sources,
  };
}

function download(server: LocalServer, path = '/tiny.gguf'): Source {
  return { type: 'download', url: `${server.url}${path}` };
}

const nowhere: Source = { type: 'download', url: 'http://127.0.0.1:1/tiny.gguf' };

/** Options that collect the user's output. */
function collect(home: string, { env = process.env, ...options }: Partial<EnsureArtefactOptions> = {}) {
  const notices: string[] = [];
  const phases: string[] = [];
  return {
    notices,
    phases,
    home,
    env,
    signal: new AbortController().signal,
    onNotice: (line: string) => notices.push(line),
    onProgress: ({ phase }: { phase: string }) => {
      if (phases.at(-1) !== phase) phases.push(phase);
    },
    ...options,
  };
}

const fileIn = (home: string): string => join(home, 'artefacts', 'tiny', sha256.slice(0, 12), 'tiny.gguf');

/** All files below a folder, without the folders. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

describe('ensureArtefact', () => {
  it('fetches, verifies and keeps a file, and asks nobody the second time', async () => {
    await using home = await createTemporaryFolder();
    await using server = await startLocalServer(answerWell);
    const artefact = artefactFrom(download(server));
    const first = collect(home.path);
    expect(await ensureArtefact(artefact, first)).toBe(fileIn(home.path));
    expect(first.phases).toEqual(['download', 'verify']);
    expect(first.notices).toEqual([]);

    const second = collect(home.path);
    expect((await readFile(await ensureArtefact(artefact, second))).equals(content)).toBe(true);
    expect(second.phases).toEqual([]);
    expect(server.requests).toEqual(['/tiny.gguf']);
    expect(await filesBelow(home.path)).toEqual(['tiny.gguf', 'tiny.gguf.verified.json']);
  });

  it('skips a source that is out of reach, and one that has another file, with one line each', async () => {
    await using home = await createTemporaryFolder();
    const other = Buffer.from(content).fill('x', 10, 11);
    const otherSha256 = createHash('sha256').update(other).digest('hex');
    await using server = await startLocalServer((request, response) => {
      response.end(request.url === '/other' ? other : content);
    });
    const host = new URL(server.url).host;
    const seen = collect(home.path);
    await ensureArtefact(artefactFrom(nowhere, download(server, '/other'), download(server)), seen);
    expect(seen.notices).toEqual([
      `Tiny: 127.0.0.1:1 cannot be reached (connect ECONNREFUSED 127.0.0.1:1); trying ${host}.`,
      `Tiny: ${host} gave another file (sha-256 ${otherSha256}, expected ${sha256}); trying ${host}.`,
    ]);
    expect((await readFile(fileIn(home.path))).equals(content)).toBe(true);
  });

  it('names every source with its reason, and the place for the file, when none has it', async () => {
    await using home = await createTemporaryFolder();
    await using server = await startLocalServer((_, response) => response.writeHead(404).end());
    await expect(ensureArtefact(artefactFrom(nowhere, download(server)), collect(home.path))).rejects.toMatchObject({
      kind: 'unavailable',
      message: [
        'Tiny ("tiny", 300.0 kB) could not be had. Tried:',
        '  127.0.0.1:1: cannot be reached (connect ECONNREFUSED 127.0.0.1:1)',
        `  ${new URL(server.url).host}: answered HTTP 404 for /tiny.gguf`,
        'To supply it by hand:',
        `  put the file (SHA-256 ${sha256}) here:`,
        `    ${fileIn(home.path)}`,
      ].join('\n'),
    });
    expect(await filesBelow(home.path)).toEqual([]);
  });

  it('takes a file that was put there by hand, once it is verified', async () => {
    await using home = await createTemporaryFolder();
    await mkdir(dirname(fileIn(home.path)), { recursive: true });
    await writeFile(fileIn(home.path), content);
    const seen = collect(home.path);
    expect(await ensureArtefact(artefactFrom(nowhere), seen)).toBe(fileIn(home.path));
    expect(seen.phases).toEqual(['verify']);
  });

  it('refuses a damaged file with the way out, which works', async () => {
    await using home = await createTemporaryFolder();
    await using server = await startLocalServer(answerWell);
    const artefact = artefactFrom(download(server));
    await ensureArtefact(artefact, collect(home.path));
    await truncate(fileIn(home.path), 1_000);
    await expect(ensureArtefact(artefact, collect(home.path))).rejects.toMatchObject({
      kind: 'damaged',
      message:
        `The file of "tiny" is damaged (1000 bytes, expected 300000): ${fileIn(home.path)} – ` +
        'fetch it again: colloquy models pull tiny --force',
    });
    expect(await inspectArtefact(artefact, home.path, process.env)).toMatchObject({
      state: 'damaged',
      found: '1000 bytes, expected 300000',
    });
    await ensureArtefact(artefact, collect(home.path, { force: true }));
    expect((await readFile(fileIn(home.path))).equals(content)).toBe(true);
  });

  it('keeps the old file when fetching again fails', async () => {
    await using home = await createTemporaryFolder();
    await using server = await startLocalServer(answerWell);
    await ensureArtefact(artefactFrom(download(server)), collect(home.path));
    const again = ensureArtefact(artefactFrom(nowhere), collect(home.path, { force: true }));
    await expect(again).rejects.toMatchObject({ kind: 'unavailable' });
    expect((await readFile(fileIn(home.path))).equals(content)).toBe(true);
  });

  it('leaves nothing behind when it is cancelled in the middle of a download', async () => {
    await using home = await createTemporaryFolder();
    await using server = await startLocalServer((_, response) => {
      response.setHeader('content-length', content.length).write(content.subarray(0, 1_000));
    });
    const controller = new AbortController();
    const options = collect(home.path, { signal: controller.signal, onProgress: () => controller.abort() });
    await expect(ensureArtefact(artefactFrom(download(server)), options)).rejects.toMatchObject({
      kind: 'cancelled',
      message: 'Fetching Tiny was cancelled. Nothing unfinished is kept.',
    });
    expect(await filesBelow(home.path)).toEqual([]);
    expect(options.notices).toEqual([]);
  });

  it('lets two callers of one process share one download', async () => {
    await using home = await createTemporaryFolder();
    await using server = await startLocalServer((request, response) => {
      setTimeout(() => answerWell(request, response), 300);
    });
    const artefact = artefactFrom(download(server));
    const [one, two] = [collect(home.path), collect(home.path)];
    const paths = await Promise.all([ensureArtefact(artefact, one), ensureArtefact(artefact, two)]);
    expect(paths).toEqual([fileIn(home.path), fileIn(home.path)]);
    expect(server.requests).toHaveLength(1);
    expect([...one.notices, ...two.notices]).toEqual([
      `Waiting for another process (${process.pid}) that fetches Tiny.`,
    ]);
  });

  it('unpacks a program from a tar.gz and makes it executable', async () => {
    await using home = await createTemporaryFolder();
    await using build = await createTemporaryFolder();
    await writeFile(join(build.path, 'program'), content);
    await writeFile(join(build.path, 'LICENSE'), 'MIT');
    await createTar({ gzip: true, cwd: build.path, file: join(build.path, 'a.tar.gz') }, ['LICENSE', 'program']);
    const archive = await readFile(join(build.path, 'a.tar.gz'));
    await using server = await startLocalServer((_, response) => response.end(archive));
    const source = { type: 'download', url: server.url, tarMember: 'program' } as const;
    const path = await ensureArtefact({ ...artefactFrom(source), executable: true }, collect(home.path));
    expect((await stat(path)).mode & 0o777).toBe(0o755);
    expect((await readFile(path)).equals(content)).toBe(true);

    const wrong = { ...artefactFrom({ ...source, tarMember: 'missing' }), name: 'wrong' };
    await expect(ensureArtefact(wrong, collect(home.path))).rejects.toThrow('its archive holds no missing');
    const cut = { ...artefactFrom(source), name: 'cut' };
    await using half = await startLocalServer((_, response) => response.end(archive.subarray(0, archive.length / 2)));
    const fromHalf = { ...cut, sources: [{ ...source, url: half.url }] };
    await expect(ensureArtefact(fromHalf, collect(home.path))).rejects.toThrow('its archive cannot be read (');
  });

  it('converts what a source gives, and checks it before and after', async () => {
    await using home = await createTemporaryFolder();
    const raw = Buffer.from('raw');
    const input = { fileName: 'raw', sizeBytes: 3, sha256: createHash('sha256').update(raw).digest('hex') };
    await using server = await startLocalServer((_, response) => response.end(raw));
    const source: Source = {
      type: 'download',
      url: server.url,
      conversion: { input, convert: (_: string, output: string) => writeFile(output, content) },
    };
    const seen = collect(home.path);
    expect((await readFile(await ensureArtefact(artefactFrom(source), seen))).equals(content)).toBe(true);
    expect(seen.phases).toEqual(['download', 'verify', 'convert', 'verify']);
  });

  it('prefers a program of this machine, and says why it passes one over', async () => {
    await using home = await createTemporaryFolder();
    await using bin = await createTemporaryFolder();
    const program = async (name: string, output: string): Promise<string> => {
      const path = join(bin.path, name);
      await writeFile(path, `#!/bin/sh\necho '${output}'\n`);
      await chmod(path, 0o755);
      return path;
    };
    await program('tool', 'tool version 1.4.9');
    const recent = await program('recent', 'tool version 1.10.0 (Server 1.32.0)');
    const source = {
      type: 'executable',
      environmentVariable: 'TOOL_PATH',
      command: 'tool',
      minimumVersion: '1.5.0',
    } as const;
    const artefact: Artefact = { ...artefactFrom(source), executable: true, sha256: undefined };
    const env = { PATH: `/nonexistent:${bin.path}` };
    const good = collect(home.path, { env: { ...env, TOOL_PATH: recent } });
    expect(await ensureArtefact(artefact, good)).toBe(recent);
    expect(good.notices).toEqual([]);
    expect(await inspectArtefact(artefact, home.path, { ...env, TOOL_PATH: recent })).toEqual({
      state: 'present',
      path: recent,
      version: '1.10.0',
    });

    const bad = collect(home.path, { env: { ...env, TOOL_PATH: '/nonexistent/tool' } });
    await expect(ensureArtefact(artefact, bad)).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('set TOOL_PATH to the path of one you have (version 1.5.0 or later)'),
    });
    expect(bad.notices).toEqual([
      'Tiny: /nonexistent/tool (from TOOL_PATH) does not run: the file does not exist; looking further.',
      `Tiny: ${join(bin.path, 'tool')} (from PATH) is version 1.4.9, older than 1.5.0; looking further.`,
    ]);
  });

  it('names the data folder when it cannot be written', async () => {
    await using folder = await createTemporaryFolder();
    await writeFile(join(folder.path, 'file'), '');
    const home = join(folder.path, 'file', 'home');
    await expect(ensureArtefact(artefactFrom(nowhere), collect(home))).rejects.toMatchObject({
      kind: 'not-writable',
      message: expect.stringContaining(`The data folder ${home} cannot be written (`),
    });
  });
});
