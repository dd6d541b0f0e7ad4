// Fetches what a fresh machine fetches, from wherever this one can, and uses it. Skipped, with the reason, without network.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { getLlama, type LlamaEmbeddingContext } from 'node-llama-cpp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ArtefactError } from '../../src/artefacts/artefact-error.js';
import type { Artefact } from '../../src/artefacts/artefact.js';
import { multilingualE5Small, smollm2, temporalCli } from '../../src/artefacts/catalogue.js';
import { ensureArtefact } from '../../src/artefacts/ensure-artefact.js';
import { inspectArtefact } from '../../src/artefacts/inspect-artefact.js';
import { createTemporaryFolder, type TemporaryFolder } from './temporary-folder.js';

const TIMEOUT_MS = 300_000;

let home: TemporaryFolder;
beforeAll(async () => {
  home = await createTemporaryFolder();
});
afterAll(() => home[Symbol.asyncDispose]());

/** The file's path, or undefined when no source can be reached from here. */
async function fetchReal(artefact: Artefact): Promise<string | undefined> {
  const options = {
    home: home.path,
    env: process.env,
    signal: AbortSignal.timeout(TIMEOUT_MS),
    onProgress: () => {},
    onNotice: () => {},
  };
  try {
    return await ensureArtefact(artefact, options);
  } catch (error) {
    if (!(error instanceof ArtefactError) || error.kind !== 'unavailable') throw error;
    process.stdout.write(`Skipped: ${error.message}\n`);
    return undefined;
  }
}

describe('from an empty data folder', () => {
  it(
    'the Temporal CLI comes and runs',
    async ({ skip }) => {
      const path = (await fetchReal(temporalCli)) ?? skip('the Temporal CLI cannot be had here');
      const { stdout } = await promisify(execFile)(path, ['--version']);
      expect(stdout).toMatch(/^temporal version \d+\.\d+\.\d+ \(Server /);
      expect(await inspectArtefact(temporalCli, home.path, process.env)).toMatchObject({ state: 'present', path });
    },
    TIMEOUT_MS,
  );

  it(
    'the default chat model comes',
    async ({ skip }) => {
      const path = (await fetchReal(smollm2)) ?? skip('the chat model cannot be had here');
      expect((await readFile(path)).toString('latin1', 0, 4)).toBe('GGUF');
      expect(await inspectArtefact(smollm2, home.path, process.env)).toEqual({
        state: 'present',
        path,
        sizeBytes: 98_362_432,
      });
    },
    TIMEOUT_MS,
  );

  it(
    'the embedding model comes, converted, and finds an English question in English and Chinese texts',
    async ({ skip }) => {
      const path = (await fetchReal(multilingualE5Small)) ?? skip('the embedding model cannot be had here');
      const llama = await getLlama({ gpu: false, build: 'never', maxThreads: 2 });
      try {
        const model = await llama.loadModel({ modelPath: path });
        expect(model.embeddingVectorSize).toBe(384);
        const context = await model.createEmbeddingContext();
        const similar = await similarities(context, 'how much protein should a female eat', [
          'As a general guideline, the average requirement of protein for women ages 19 to 70 is 46 grams per day.',
          '一般来说,成年女性每天应摄入约46克蛋白质。',
          'The capital of France is Paris.',
          '法国的首都是巴黎。',
        ]);
        const [english = 0, chinese = 0, ...unrelated] = similar;
        expect(english).toBeGreaterThan(0.9);
        expect(chinese).toBeGreaterThan(0.85);
        expect(Math.max(...unrelated)).toBeLessThan(0.8);
      } finally {
        await llama.dispose();
      }
    },
    TIMEOUT_MS,
  );
});

/** Cosine similarities, with the prefixes and the normalization that the model was trained with. */
async function similarities(context: LlamaEmbeddingContext, query: string, passages: string[]): Promise<number[]> {
  const asked = await context.getEmbeddingFor(`query: ${query}`.normalize('NFKC'));
  const results: number[] = [];
  for (const passage of passages) {
    const embedding = await context.getEmbeddingFor(`passage: ${passage}`.normalize('NFKC'));
    results.push(asked.calculateCosineSimilarity(embedding));
  }
  return results;
}
