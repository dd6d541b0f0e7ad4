import { createHash } from 'node:crypto';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createTemporaryFolder } from '../../test/setup/temporary-folder.js';
import { checkFile } from './verified-file.js';

const content = Buffer.alloc(100_000, 'model');
const known = {
  fileName: 'model.gguf',
  sizeBytes: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
};

describe('checkFile', () => {
  it('hashes a file once, and again only when it has changed', async () => {
    await using folder = await createTemporaryFolder();
    const path = join(folder.path, known.fileName);
    await writeFile(path, content);
    let hashed = 0;
    const check = () => checkFile(path, known, { onBytes: (bytes) => (hashed = bytes) });

    expect(await check()).toEqual({ state: 'verified' });
    expect(hashed).toBe(content.length);
    hashed = 0;
    expect(await check()).toEqual({ state: 'verified' });
    expect(hashed).toBe(0);
    await writeFile(path, content);
    expect(await check()).toEqual({ state: 'verified' });
    expect(hashed).toBe(content.length);
  });

  it('sees one flipped bit in a file that was verified before', async () => {
    await using folder = await createTemporaryFolder();
    const path = join(folder.path, known.fileName);
    await writeFile(path, content);
    await checkFile(path, known);
    const altered = await readFile(path);
    altered.writeUInt8(altered.readUInt8(50_000) ^ 1, 50_000);
    await writeFile(path, altered);
    const sha256 = createHash('sha256').update(altered).digest('hex');
    expect(await checkFile(path, known)).toEqual({
      state: 'damaged',
      found: `sha-256 ${sha256}, expected ${known.sha256}`,
    });
  });

  it('says how long a truncated file is', async () => {
    await using folder = await createTemporaryFolder();
    const path = join(folder.path, known.fileName);
    await writeFile(path, content);
    await checkFile(path, known);
    await truncate(path, 60_000);
    expect(await checkFile(path, known)).toEqual({ state: 'damaged', found: '60000 bytes, expected 100000' });
  });

  it('does not take the stamp of one version for another', async () => {
    await using folder = await createTemporaryFolder();
    const path = join(folder.path, known.fileName);
    await writeFile(path, content);
    await checkFile(path, known);
    expect(await checkFile(path, { ...known, sha256: '0'.repeat(64) })).toMatchObject({ state: 'damaged' });
  });

  it('knows an absent file', async () => {
    await using folder = await createTemporaryFolder();
    expect(await checkFile(join(folder.path, 'none'), known)).toEqual({ state: 'absent' });
  });
});
