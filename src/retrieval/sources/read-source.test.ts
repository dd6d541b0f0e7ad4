import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSource } from './read-source.js';

const { signal } = new AbortController();
const NOBODY = 65_534;
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sources-'));
  await chmod(folder, 0o755);
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs the work as an ordinary user, because root may read everything. */
async function asOrdinaryUser<T>(work: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return work();
  process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

describe('readSource of files', () => {
  it('gives bytes and name', async () => {
    const path = join(folder, 'a.txt');
    await writeFile(path, 'hello');
    expect(await readSource(path, { signal })).toEqual({ bytes: Buffer.from('hello'), name: 'a.txt' });
    expect((await readSource('/proc/self/status', { signal })).bytes.length).toBeGreaterThan(0);
  });

  it('says by one line each what cannot be read', async () => {
    const secret = join(folder, 'secret.txt');
    await writeFile(secret, 'x');
    await chmod(secret, 0);
    const fifo = join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    const circle = join(folder, 'circle');
    await symlink(circle, circle);
    const large = join(folder, 'large');
    await writeFile(large, Buffer.alloc(2000));
    const cases: readonly (readonly [path: string, type: string, message: RegExp])[] = [
      [secret, 'Document.Forbidden', /chmod/u],
      [join(folder, 'missing.txt'), 'Document.NotFound', /Check the path/u],
      [join(folder, 'a.txt', 'below'), 'Document.NotFound', /Check the path/u],
      [folder, 'Document.Unsupported', /is a folder/u],
      [fifo, 'Document.Unsupported', /pipe/u],
      ['/dev/zero', 'Document.Unsupported', /device/u],
      [circle, 'Document.Forbidden', /circle/u],
      [large, 'Document.TooLarge', /2000 bytes, more than 1000/u],
    ];
    for (const [path, type, message] of cases) {
      const error = await asOrdinaryUser(() => readSource(path, { signal, maxBytes: 1000 })).catch(
        (reason: unknown) => reason,
      );
      expect(error).toMatchObject({ name: 'DocumentError', type, message: expect.stringMatching(message) });
      expect((error as Error).message).toContain(path);
      const named = await asOrdinaryUser(() => readSource(path, { signal, maxBytes: 1000, name: 'docs/it' })).catch(
        String,
      );
      expect(named).toMatch(/docs\/it/u);
      expect(named).not.toContain(path);
    }
  });

  it('does not trust the size that a file says', async () => {
    await expect(readSource('/proc/self/maps', { signal, maxBytes: 100 })).rejects.toMatchObject({
      type: 'Document.TooLarge',
    });
  });
});

describe('readSource of the web', () => {
  const server = createServer((request, response) => {
    if (request.url === '/page') response.setHeader('content-type', 'text/html; charset=GBK').end('<p>\u0001');
    else if (request.url === '/report.pdf') response.setHeader('content-type', 'application/pdf').end('%PDF-');
    else if (request.url === '/moved') response.writeHead(302, { location: '/report.pdf' }).end();
    else if (request.url === '/inside') response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
    else if (request.url === '/large') response.end(Buffer.alloc(5000));
    else if (request.url === '/slow') response.write('x');
    else response.writeHead(Number(request.url?.slice(1)) || 404).end();
  });
  let origin = '';
  const connection = { mayConnectTo: (address: string) => address === '127.0.0.1' };

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it('gives bytes, media type and charset, of any kind, and the name where redirects led', async () => {
    expect(await readSource(`${origin}/page`, { signal, connection })).toEqual({
      bytes: Buffer.from('<p>\u0001'),
      name: `${origin}/page`,
      mediaType: 'text/html',
      charset: 'gbk',
    });
    expect(await readSource(`${origin}/moved`, { signal, connection })).toMatchObject({
      name: `${origin}/report.pdf`,
      mediaType: 'application/pdf',
    });
  });

  it.each([
    ['/404', 'Document.NotFound', false],
    ['/403', 'Document.Forbidden', false],
    ['/503', 'Document.Unreachable', true],
    ['/400', 'Document.Unreachable', false],
    ['/large', 'Document.TooLarge', false],
    ['/slow', 'Document.Timeout', true],
    ['/inside', 'Document.Forbidden', false],
  ])('%s is %s', async (path, type, isRetryable) => {
    const options = { signal, connection, maxBytes: 1000, timeoutMs: 500 };
    await expect(readSource(origin + path, options)).rejects.toMatchObject({
      name: 'DocumentError',
      type,
      isRetryable,
    });
  });

  it('asks no address of this machine or its network', async () => {
    await expect(readSource(`${origin}/page`, { signal })).rejects.toMatchObject({ type: 'Document.Forbidden' });
  });
});
