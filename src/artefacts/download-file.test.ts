import { readFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listenOnFreePort, startLocalServer } from '../../test/setup/local-server.js';
import { createTemporaryFolder } from '../../test/setup/temporary-folder.js';
import { downloadFile, type DownloadOptions } from './download-file.js';
import { SourceError } from './source-error.js';

const content = Buffer.alloc(200_000, 'weights');

function optionsWith(options: Partial<DownloadOptions> = {}): DownloadOptions {
  return { signal: new AbortController().signal, maxBytes: content.length, onBytes: () => {}, ...options };
}

/** Downloads from a server with this listener; returns the error, or that the file was saved. */
async function downloadFrom(listener: RequestListener, options: Partial<DownloadOptions> = {}): Promise<unknown> {
  await using folder = await createTemporaryFolder();
  await using server = await startLocalServer(listener);
  const path = join(folder.path, 'file');
  try {
    await downloadFile(`${server.url}/model`, path, optionsWith(options));
    return (await readFile(path)).equals(content) ? 'saved' : 'saved something else';
  } catch (error) {
    return error;
  }
}

describe('downloadFile', () => {
  it('saves the file and reports its bytes', async () => {
    const reported: [number, number | undefined][] = [];
    const saved = await downloadFrom(
      (_, response) => response.setHeader('content-length', content.length).end(content),
      {
        onBytes: (bytes, totalBytes) => reported.push([bytes, totalBytes]),
      },
    );
    expect(saved).toBe('saved');
    expect(reported.at(-1)).toEqual([content.length, content.length]);
  });

  it('follows relative redirects', async () => {
    const saved = await downloadFrom((request, response) => {
      if (request.url === '/model') response.writeHead(302, { location: 'elsewhere' }).end();
      else response.end(content);
    });
    expect(saved).toBe('saved');
  });

  it.each<[string, RequestListener, Partial<DownloadOptions>, string]>([
    ['a missing file', (_, response) => response.writeHead(404).end(), {}, 'answered HTTP 404 for /model'],
    [
      'endless redirects',
      (_, response) => response.writeHead(301, { location: '/model' }).end(),
      {},
      'redirects more than 5 times',
    ],
    [
      'another file, before its first byte',
      (_, response) => response.setHeader('content-length', 10).end('0123456789'),
      { exactBytes: content.length },
      'offers another file (10 bytes, expected 200000)',
    ],
    [
      'a stream without end',
      (_, response) => response.write(Buffer.concat([content, content])),
      {},
      'sent more than the 200000 bytes expected',
    ],
    [
      'a server that falls silent',
      (_, response) => response.setHeader('content-length', content.length).write(content.subarray(0, 100)),
      { timeouts: { connectMs: 1_000, idleMs: 100 } },
      'silent for 0.1 s',
    ],
    ['a server that never answers', () => {}, { timeouts: { connectMs: 1_000, idleMs: 100 } }, 'silent for 0.1 s'],
  ])('refuses %s', async (_, listener, options, message) => {
    const error = await downloadFrom(listener, options);
    expect(error).toBeInstanceOf(SourceError);
    expect(error).toHaveProperty('message', message);
  });

  it('says how far a connection came that broke off', async () => {
    const error = await downloadFrom((_, response) => {
      response.setHeader('content-length', content.length).write(content.subarray(0, 50_000), () => {
        setTimeout(() => response.destroy(), 50);
      });
    });
    expect(error).toBeInstanceOf(SourceError);
    expect(error).toHaveProperty('message', expect.stringMatching(/^broke off after 50000 of 200000 bytes \(/));
  });

  it('gives up quickly on an address that does not finish connecting', async () => {
    await using folder = await createTemporaryFolder();
    // Accepts connections but never answers the TLS greeting, as behind a firewall that drops packets.
    const silent = createServer(() => {});
    const port = await listenOnFreePort(silent);
    const timeouts = { connectMs: 200, idleMs: 5_000 };
    const download = downloadFile(`https://127.0.0.1:${port}/`, join(folder.path, 'file'), optionsWith({ timeouts }));
    await expect(download).rejects.toThrow('cannot be reached (no connection within 0.2 s)');
    silent.close();
  });

  it('says that a name does not resolve, or that nobody listens', async () => {
    await using folder = await createTemporaryFolder();
    const path = join(folder.path, 'file');
    await expect(downloadFile('https://no-such-host.invalid/', path, optionsWith())).rejects.toThrow(
      /^cannot be reached \(getaddrinfo E[A-Z_]+ no-such-host.invalid\)$/,
    );
    await expect(downloadFile('https://127.0.0.1:1/', path, optionsWith())).rejects.toThrow(
      'cannot be reached (connect ECONNREFUSED 127.0.0.1:1)',
    );
  });

  it('stops at once when it is aborted, with the reason of the signal', async () => {
    const controller = new AbortController();
    const error = await downloadFrom(
      (_, response) => response.setHeader('content-length', content.length).write(content.subarray(0, 100)),
      { signal: controller.signal, onBytes: () => controller.abort() },
    );
    expect(error).toHaveProperty('name', 'AbortError');
  });
});
