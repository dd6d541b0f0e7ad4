import { copyFile, mkdir, mkdtemp, open, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inspectModelFile } from '../../src/inference/gguf/inspect-model-file.js';
import { ModelError } from '../../src/inference/model-error.js';
import { modelFingerprint } from '../../src/inference/snapshots/model-fingerprint.js';
import { openNodeLlamaCppModel } from '../../src/inference/process/node-llama-cpp-model.js';
import { splitGguf } from '../support/split-gguf.js';
import { chatModelFile } from './model-file.js';

const modelPath = chatModelFile();
const wholePath = modelPath ?? '';

function isDamaged(error: Error): boolean {
  return error instanceof ModelError && error.type === 'Model.Damaged';
}

describe.skipIf(modelPath === undefined)('model files', () => {
  let folder: string;
  let parts: string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'colloquy-gguf-files-'));
    parts = await splitGguf(wholePath, join(folder, 'split'), 'small', 3);
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Hard links of the parts in a folder of their own, to be damaged one by one. */
  async function copies(name: string): Promise<string[]> {
    await mkdir(join(folder, name));
    const paths = parts.map((path) => join(folder, name, basename(path)));
    for (const [index, path] of paths.entries()) await copyFile(parts[index] ?? '', path);
    return paths;
  }

  async function answer(path: string): Promise<string> {
    const model = await openNodeLlamaCppModel({
      modelId: 'm',
      modelPath: path,
      gpu: false,
      contextTokens: 512,
      engines: 1,
    });
    try {
      const { text } = await model.generate(
        {
          prompt: { type: 'text', text: 'The capital of France is' },
          maxOutputTokens: 8,
          decoding: { temperature: 0 },
        },
        { signal: new AbortController().signal, onDelta: () => undefined },
      );
      return text;
    } finally {
      await model.dispose();
    }
  }

  describe('that are split', () => {
    it('open by any of their parts, and answer as the whole does', async () => {
      const expected = await answer(wholePath);
      expect(await answer(parts[0] ?? '')).toBe(expected);
      expect(await answer(parts[2] ?? '')).toBe(expected);
    });

    it('are inspected as one model, with the size of all parts', async () => {
      const sizes = await Promise.all(parts.map(async (path) => (await stat(path)).size));
      const whole = await inspectModelFile('m', wholePath);
      for (const path of parts) {
        expect(await inspectModelFile('m', path)).toEqual({
          ...whole,
          parts: 3,
          sizeBytes: sizes.reduce((sum, size) => sum + size, 0),
        });
      }
    });

    it('name the part that is missing', async () => {
      const [first, second = ''] = await copies('missing');
      await rm(second);
      await expect(inspectModelFile('m', first ?? '')).rejects.toMatchObject({
        type: 'Model.NotFound',
        message: expect.stringMatching(
          /split into 3 files, and part 2 is missing: .*small-00002-of-00003\.gguf/u,
        ) as string,
      });
    });

    it('are damaged where any part is, and that part is named', async () => {
      const [first = '', second = '', third = ''] = await copies('damaged');
      await truncate(third, (await stat(third)).size - 4096);
      await expect(answer(first)).rejects.toMatchObject({
        type: 'Model.Damaged',
        message: expect.stringMatching(/truncated: .* Delete .*small-00003-of-00003\.gguf/u) as string,
      });
      await copyFile(second, third);
      await expect(inspectModelFile('m', first)).rejects.toMatchObject({
        type: 'Model.Damaged',
        message: expect.stringContaining('its name says part 3 of 3, its header part 2') as string,
      });
      const others = await splitGguf(wholePath, join(folder, 'others'), 'small', 2);
      await rename(others[0] ?? '', join(folder, 'others', 'small.gguf'));
      await expect(inspectModelFile('m', join(folder, 'others', 'small.gguf'))).rejects.toMatchObject({
        type: 'Model.NotFound',
        message: expect.stringContaining('a whole model by its name, and part 1 of 2 by its header') as string,
      });
    });

    it('have states of conversations of their own when any part changes', async () => {
      const paths = await copies('changed');
      expect(await modelFingerprint(paths)).toBe(await modelFingerprint(parts));
      const file = await open(paths[2] ?? '', 'r+');
      await file.write(Buffer.from('changed'), 0, 7, (await file.stat()).size - 64);
      await file.close();
      expect(await modelFingerprint(paths)).not.toBe(await modelFingerprint(parts));
    });
  });

  it.each(['', 'G', 'GGUF', 'GGUF\u0003\0\0\0', 'GGUF\u0003\0\0\0\u0001\0\0\0\0\0\0\0\uFFFF'])(
    'of a few bytes (%j) are damaged',
    async (content) => {
      const path = join(folder, 'few.gguf');
      await writeFile(path, content);
      await expect(inspectModelFile('m', path)).rejects.toMatchObject({
        type: 'Model.Damaged',
        message: expect.stringContaining('fetch it again') as string,
      });
    },
  );

  it('with changed or cut headers are told of, or are damaged, and nothing else', async () => {
    const header = (await readFile(wholePath)).subarray(0, 2_000_000);
    const path = join(folder, 'changed.gguf');
    const size = (await stat(wholePath)).size;
    await copyFile(wholePath, path);
    const file = await open(path, 'r+');
    // Nearly all of a header is its vocabulary; what stands before it and after it is changed as often.
    const place = fc.oneof(fc.nat(1200), fc.nat(header.length - 1), fc.integer({ min: 1_700_000, max: 1_999_999 }));
    const change = fc.record({ place, byte: fc.integer({ min: 0, max: 255 }) });
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), fc.option(place), async (changes, cut) => {
          for (const { place: at, byte } of changes) await file.write(Uint8Array.of(byte), 0, 1, at);
          if (cut !== null) await file.truncate(cut);
          const outcome: unknown = await inspectModelFile('m', path).catch((error: unknown) => error);
          if (outcome instanceof Error && !isDamaged(outcome)) throw outcome;
          expect(cut === null || outcome instanceof Error).toBe(true);
          if (cut !== null) {
            await file.truncate(size);
            await file.write(header, 0, header.length, 0);
          }
          for (const { place: at } of changes) await file.write(header, at, 1, at);
        }),
        { numRuns: 150 },
      );
    } finally {
      await file.close();
    }
  });
});
