import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchRow } from '../bench-row.js';
import type { BenchRow } from '../bench-row.js';
import { batchedBenchSpeed } from './batched-bench.js';
import { firstTokenMs, proseOf, withModel } from './product.js';
import type { BenchSetting } from './setting.js';

const THREADS = 1;

/** How long the first token takes at so many tokens of context: evaluated anew, still in memory, and loaded from disk. */
export async function firstTokenRows(setting: BenchSetting): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const promptTokens of [1000, 3500]) {
    if (setting.signal.aborted) return rows;
    setting.onNotice(`first token at ${promptTokens} tokens`);
    const { cold, warm, fromSnapshot, prefill } = await measure(setting.modelPath, promptTokens);
    const { modelPath, batchedBench: path } = setting;
    const load = { modelPath, threads: THREADS, sequences: 1, promptTokens, tokens: 1 };
    const llama = path === undefined ? undefined : await batchedBenchSpeed({ path, ...load });
    const of = `first token at ${promptTokens} tokens`;
    rows.push(
      benchRow({ id: '-', what: `${of}, cold`, value: cold, unit: 'ms' }),
      benchRow({
        id: '-',
        what: `prefill of ${promptTokens} tokens${llama ? ', against llama-batched-bench' : ''}`,
        value: prefill,
        unit: 'token/s',
        baseline: llama?.prefill,
      }),
    );
    for (const [how, ms] of [
      ['warm', warm],
      ['from snapshot', fromSnapshot],
    ] as const) {
      const row = { what: `${of}, cold against ${how}`, value: cold, unit: 'ms', baseline: ms };
      const target = { of: 'ratio', atLeast: 50 } as const;
      rows.push(
        promptTokens === 3500 ? benchRow({ id: 'first-token', ...row }, target) : benchRow({ id: '-', ...row }),
      );
    }
  }
  return rows;
}

async function measure(modelPath: string, promptTokens: number) {
  const folder = await mkdtemp(join(tmpdir(), 'colloquy-bench-'));
  const sizes = {
    modelPath,
    threads: THREADS,
    sequences: 1,
    contextTokens: promptTokens + 256,
    snapshots: { folder, budgetBytes: 10e9 },
  };
  try {
    const inMemory = await withModel(sizes, async (model) => {
      // The first evaluation of all also pages the weights in.
      await firstTokenMs(model, 'Hello');
      const text = await proseOf(model, promptTokens, 2);
      const tokens = await model.countPromptTokens({ type: 'text', text });
      const cold = await firstTokenMs(model, text);
      return { text, cold, prefill: tokens / (cold / 1000), warm: await firstTokenMs(model, `${text}And then?`) };
    });
    const fromSnapshot = await withModel(sizes, async (model) => {
      await firstTokenMs(model, 'Hello');
      return firstTokenMs(model, `${inMemory.text}And then?`);
    });
    return { ...inMemory, fromSnapshot };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
