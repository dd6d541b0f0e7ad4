// Tests with invalid files; test/setup converts the real one.
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createTemporaryFolder } from '../../test/setup/temporary-folder.js';
import { convertE5ToGguf } from './e5-to-gguf.js';

const int32 = (...values: number[]): Buffer => Buffer.from(Int32Array.from(values).buffer);

describe('convertE5ToGguf', () => {
  it.each([
    ['another format', Buffer.from('GGUFxxxx'), 'gave a file that is not E5S1 (it begins with "GGUF")'],
    ['a file that is cut in its head', Buffer.from('E5S1\0\0\0'), /^gave a damaged E5S1 file \(/],
    [
      'blocks of another size',
      Buffer.concat([Buffer.from('E5S1'), int32(1, 384, 12, 12, 1536, 250_037, 512, 2, 0, 64)]),
      'gave blocks of 64 weights, not 32 as Q4_0 has',
    ],
    [
      'a file that is cut in its tokenizer',
      Buffer.concat([
        Buffer.from('E5S1'),
        int32(1, 384, 12, 12, 1536, 250_037, 512, 2, 0, 32, 250_002, 0, 2, 1, 3, 99, 0),
      ]),
      /^gave a damaged E5S1 file \(/,
    ],
  ])('refuses %s, and writes nothing', async (_, input, message) => {
    await using folder = await createTemporaryFolder();
    const path = join(folder.path, 'in.bin');
    await writeFile(path, input);
    await expect(convertE5ToGguf(path, join(folder.path, 'out.gguf'))).rejects.toThrow(message);
    expect(await readdir(folder.path)).toEqual(['in.bin']);
  });
});
