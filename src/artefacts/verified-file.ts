import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { KnownFile } from './artefact.js';
import { errorCode } from './source-error.js';

export type FileCheck =
  | { readonly state: 'absent' }
  | { readonly state: 'verified' }
  /** `found` describes the difference, e.g. `90 bytes, expected 100`. */
  | { readonly state: 'damaged'; readonly found: string };

interface CheckOptions {
  readonly signal?: AbortSignal;
  /** Gets the number of bytes hashed so far; not called if the stamp makes hashing unnecessary. */
  readonly onBytes?: (bytes: number) => void;
}

/**
 * Checks whether a file has the expected content. The first check hashes the file, and writes a stamp with its size and modification time
 * beside it, so that a file of many gigabytes is hashed once and not at each start. A change that keeps both goes undetected.
 */
export async function checkFile(path: string, expected: KnownFile, options: CheckOptions = {}): Promise<FileCheck> {
  const status = await stat(path).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined;
    throw error;
  });
  if (status === undefined) return { state: 'absent' };
  if (!status.isFile()) return { state: 'damaged', found: 'not a file' };
  if (status.size !== expected.sizeBytes) {
    return { state: 'damaged', found: `${status.size} bytes, expected ${expected.sizeBytes}` };
  }
  const stamp = JSON.stringify({ sizeBytes: status.size, mtimeMs: status.mtimeMs, sha256: expected.sha256 });
  if ((await readStamp(path)) === stamp) return { state: 'verified' };
  const sha256 = await hashFile(path, options);
  if (sha256 !== expected.sha256) {
    return { state: 'damaged', found: `sha-256 ${sha256}, expected ${expected.sha256}` };
  }
  await writeStamp(path, stamp);
  return { state: 'verified' };
}

/** Moves a verified file together with its stamp, on the same disk. */
export async function moveVerifiedFile(from: string, to: string): Promise<void> {
  await rename(from, to);
  await rename(stampPath(from), stampPath(to)).catch(() => {});
}

async function hashFile(path: string, { signal, onBytes }: CheckOptions): Promise<string> {
  const hash = createHash('sha256');
  let bytes = 0;
  await pipeline(
    createReadStream(path, { highWaterMark: 1 << 20 }),
    async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) {
        hash.update(chunk);
        bytes += chunk.length;
        onBytes?.(bytes);
      }
    },
    { signal },
  );
  return hash.digest('hex');
}

const stampPath = (path: string): string => `${path}.verified.json`;

async function readStamp(path: string): Promise<string | undefined> {
  return readFile(stampPath(path), 'utf8').catch(() => undefined);
}

async function writeStamp(path: string, stamp: string): Promise<void> {
  const temporary = `${stampPath(path)}.${process.pid}`;
  try {
    await writeFile(temporary, stamp);
    await rename(temporary, stampPath(path));
  } catch {
    // Without a stamp (read-only folder, full disk), the file is hashed again next time, which is slower but still correct.
  }
}
