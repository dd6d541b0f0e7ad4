import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getLlama, LlamaLogLevel, type Token } from 'node-llama-cpp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Reranker } from '../../src/inference/embedding-model.js';
import { openLlamaEmbeddingModel } from '../../src/inference/process/llama-embedding-model.js';
import { openLlamaReranker } from '../../src/inference/process/llama-reranker.js';
import { readConfig } from '../../src/config.js';
import { openReranker } from '../../src/models/open-embedding-model.js';
import { embeddingModelFile } from './embedding-model-file.js';
import { writeChangedGguf } from './support/changed-gguf.js';

const modelPath = embeddingModelFile();
const CLS = 2;
const RANK = 4;
/** A head that was never trained: what it says of a text is known, what is good about the text is not. */
const HEAD = Array.from({ length: 384 }, (_, index) => Math.sin(index * 1.7) / 2);
const BIAS = 0.25;

const QUERY = 'Why was the harbour closed?';
const TEXTS = [
  'The harbour was closed because of the storm.',
  '女性平均每天需要46克蛋白质。',
  'Cats sleep for most of the day.',
];

describe.skipIf(modelPath === undefined)('the reranker', { timeout: 120_000 }, () => {
  let folder: string;
  let rankerPath: string;
  let ranker: Reranker;
  const { signal } = new AbortController();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'colloquy-reranker-'));
    rankerPath = join(folder, 'ranker.gguf');
    await writeChangedGguf(modelPath ?? '', rankerPath, {
      poolingType: RANK,
      tensors: [
        { name: 'cls.output.weight', values: HEAD },
        { name: 'cls.output.bias', values: [BIAS] },
      ],
    });
    ranker = await openLlamaReranker({ modelId: 'ranker', modelPath: rankerPath, gpu: false });
  }, 120_000);

  afterAll(async () => {
    await ranker?.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  it('scores each text by the model’s head over query and text together', async () => {
    const scores = await ranker.rank(QUERY, TEXTS, { signal });
    const expected = await scoresByHand(modelPath ?? '', folder);
    expect(scores).toHaveLength(3);
    scores.forEach((score, index) => expect(score).toBeCloseTo(expected[index] ?? -1, 3));
    expect(new Set(scores.map((score) => score.toFixed(3))).size).toBe(3);
  });

  it('gives a text the score that it has alone, whatever stands beside it', async () => {
    const together = await ranker.rank(QUERY, TEXTS, { signal });
    const alone = await ranker.rank(QUERY, TEXTS.slice(1, 2), { signal });
    expect(alone[0]).toBeCloseTo(together[1] ?? -1, 5);
    expect(await ranker.rank(QUERY, [], { signal })).toEqual([]);
  });

  it('judges a text that is too long by its beginning', async () => {
    const long = 'storm '.repeat(2000);
    const [longer, longest] = await ranker.rank(QUERY, [long, `${long}protein`], { signal });
    expect(longest).toBe(longer);
  });

  it('refuses a query that leaves no room for a text, and an empty one', async () => {
    await expect(ranker.rank('why '.repeat(600), TEXTS, { signal })).rejects.toMatchObject({
      type: 'Model.ContextOverflow',
    });
    await expect(ranker.rank(' ', TEXTS, { signal })).rejects.toMatchObject({ type: 'Model.InvalidRequest' });
  });

  it('stops when it is cancelled, with the signal’s reason', async () => {
    const controller = new AbortController();
    const many = ranker.rank(
      QUERY,
      Array.from({ length: 500 }, () => 'storm '.repeat(300)),
      {
        signal: controller.signal,
      },
    );
    setTimeout(() => controller.abort(new Error('enough')), 300);
    const startedAt = performance.now();
    await expect(many).rejects.toThrow('enough');
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });

  it('fails retryably when its process is killed, and serves the next', async () => {
    const broken = ranker.rank(
      QUERY,
      Array.from({ length: 200 }, () => 'storm '.repeat(200)),
      { signal },
    );
    setTimeout(() => killEncoders('SIGKILL'), 300);
    await expect(broken).rejects.toMatchObject({ type: 'Model.Crashed', options: { retryAfterMs: 500 } });
    expect(await ranker.rank(QUERY, TEXTS, { signal })).toHaveLength(3);
  });

  it('refuses a model that is no reranker, and says why', async () => {
    const opening = openReranker({ config: readConfig({ COLLOQUY_RERANK_MODEL: modelPath, COLLOQUY_GPU: 'off' }) });
    await expect(opening).rejects.toMatchObject({
      type: 'Model.Unsupported',
      message: expect.stringContaining('has no ranking head') as string,
    });
  });

  it('refuses a file that is not there or is none', async () => {
    const open = (path: string) => openReranker({ config: readConfig({ COLLOQUY_RERANK_MODEL: path }) });
    await expect(open(join(folder, 'none.gguf'))).rejects.toMatchObject({ type: 'Model.NotFound' });
    await expect(open(new URL(import.meta.url).pathname)).rejects.toMatchObject({ type: 'Model.Damaged' });
  });

  it('is not there when none is configured', async () => {
    expect(await openReranker({ config: readConfig({}) })).toBeUndefined();
  });

  it('is refused where vectors are wanted', async () => {
    const opening = openLlamaEmbeddingModel({ modelId: 'ranker', modelPath: rankerPath, gpu: false });
    await expect(opening).rejects.toMatchObject({
      type: 'Model.Unsupported',
      message: expect.stringContaining('is a reranker') as string,
    });
  });
});

/** By another way: the begin token's state from an embedding context, and the head in JavaScript. */
async function scoresByHand(from: string, folder: string): Promise<number[]> {
  const path = join(folder, 'cls.gguf');
  await writeChangedGguf(from, path, { poolingType: CLS, tensors: [] });
  const llama = await getLlama({ gpu: false, build: 'never', maxThreads: 1, logLevel: LlamaLogLevel.disabled });
  try {
    const model = await llama.loadModel({ modelPath: path });
    const context = await model.createEmbeddingContext({ contextSize: 256, threads: 1 });
    const { bos, eos, sep } = model.tokens;
    const scores: number[] = [];
    for (const text of TEXTS) {
      const input = [bos, ...model.tokenize(QUERY), eos, sep, ...model.tokenize(text), eos];
      const { vector } = await context.getEmbeddingFor(input.filter((token): token is Token => token !== null));
      const logit = vector.reduce((sum, value, index) => sum + value * (HEAD[index] ?? 0), BIAS);
      scores.push(1 / (1 + Math.exp(-logit)));
    }
    return scores;
  } finally {
    await llama.dispose();
  }
}

function killEncoders(signal: NodeJS.Signals): void {
  const table = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' });
  for (const line of table.split('\n')) {
    const [pid, ppid, ...args] = line.trim().split(/\s+/u);
    if (ppid === String(process.pid) && args.join(' ').includes('encoder-process.js'))
      process.kill(Number(pid), signal);
  }
}
