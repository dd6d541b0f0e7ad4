import { getLlama } from 'node-llama-cpp';
import { benchRow, median } from '../bench-row.js';
import type { BenchRow } from '../bench-row.js';
import { batchedBenchSpeed } from './batched-bench.js';
import { ask, counting, withModel } from './product.js';
import type { BenchSetting } from './setting.js';

/** Least share of llama.cpp's own speed, by threads and sequences. With 2 threads on 2 cores JavaScript shares them. */
const SHARES: Readonly<Record<number, Readonly<Record<number, number>>>> = {
  1: { 1: 0.9, 4: 0.9, 8: 0.9 },
  2: { 1: 0.55, 4: 0.7, 8: 0.85 },
};
const RUNS = 3;
const TOKENS = 64;

interface Load {
  readonly modelPath: string;
  readonly threads: number;
  readonly sequences: number;
  /** Tokens that each sequence generates. */
  readonly tokens: number;
}

/** Tokens a second of all sequences together, each program in a process of its own, in turns. */
export async function throughputRows({
  modelPath,
  batchedBench,
  quick,
  onNotice,
  signal,
}: BenchSetting): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const [threads, shares] of Object.entries(SHARES)) {
    for (const [sequences, share] of Object.entries(shares)) {
      const load: Load = {
        modelPath,
        threads: Number(threads),
        sequences: Number(sequences),
        tokens: quick ? 24 : TOKENS,
      };
      const speeds = { ours: [] as number[], plain: [] as number[], llama: [] as number[] };
      // Interleaved: what else the machine does then slows all alike.
      for (let run = 1; run <= (quick ? 1 : RUNS) && !signal.aborted; run++) {
        onNotice(`generating: ${threads} threads, ${sequences} sequences, run ${run}`);
        if (batchedBench !== undefined) {
          const speed = await batchedBenchSpeed({ path: batchedBench, ...load, promptTokens: 10 });
          speeds.llama.push(speed.generating);
        }
        speeds.ours.push(await ourSpeed(load));
        speeds.plain.push(await plainSpeed(load));
      }
      if (signal.aborted) return rows;
      rows.push(...rowsOf(load, speeds, share));
    }
  }
  return rows;
}

function rowsOf(
  { threads, sequences }: Load,
  speeds: { readonly ours: number[]; readonly plain: number[]; readonly llama: number[] },
  share: number,
): BenchRow[] {
  const setting = `${threads} thread${threads > 1 ? 's' : ''}, ${sequences} sequence${sequences > 1 ? 's' : ''}`;
  const value = median(speeds.ours);
  const against = (baseline: number, what: string) => ({
    what: `generating, ${setting}, against ${what}`,
    value,
    unit: 'token/s',
    baseline,
  });
  const plain = against(median(speeds.plain), 'plain node-llama-cpp');
  return [
    ...(speeds.llama.length === 0
      ? []
      : [
          benchRow(
            { id: 'throughput', ...against(median(speeds.llama), 'llama-batched-bench') },
            { of: 'ratio', atLeast: share },
          ),
        ]),
    sequences === 8
      ? benchRow({ id: 'throughput', ...plain }, { of: 'ratio', atLeast: 1.5 })
      : benchRow({ id: '-', ...plain }),
  ];
}

const CONTEXT_TOKENS = 256;
/** A run that a busy machine stretches beyond this is cut short, and measured by what it did. */
const LONGEST_MS = 8000;

/** Through the engine's process, from the moment when all sequences generate until the first of them ends. */
async function ourSpeed({ modelPath, threads, sequences, tokens }: Load): Promise<number> {
  return withModel({ modelPath, threads, sequences, contextTokens: CONTEXT_TOKENS }, async (model) => {
    const all = async (count: number): Promise<number> => {
      const cut = AbortSignal.timeout(LONGEST_MS);
      const answers = Array.from({ length: sequences }, (_, seed) => ask(model, counting(seed, count), cut));
      await Promise.all(answers.map(({ result }) => result));
      const from = Math.max(...answers.map(({ times }) => times[0] ?? Number.NaN));
      const to = Math.min(...answers.map(({ times }) => times.at(-1) ?? Number.NaN));
      const inWindow = answers.flatMap(({ times }) => times.filter((time) => time > from && time <= to));
      return perSecond(inWindow.length, to - from);
    };
    // The engine finds out how many threads pay: it is measured as it runs, not as it starts.
    await all(16);
    return all(tokens);
  });
}

/** The same through node-llama-cpp's own `evaluate`, each sequence running freely. */
async function plainSpeed({ modelPath, threads, sequences, tokens }: Load): Promise<number> {
  const llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, maxThreads: threads });
  try {
    const model = await llama.loadModel({ modelPath });
    const context = await model.createContext({ sequences, contextSize: CONTEXT_TOKENS, threads });
    const prompt = model.tokenize('1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,');
    const slots = Array.from({ length: sequences }, () => context.getSequence());
    const all = async (count: number): Promise<number> => {
      const startedAt = performance.now();
      const done = await Promise.all(
        slots.map(async (sequence, seed) => {
          await sequence.clearHistory();
          let generated = 0;
          const sampling = { temperature: 0.3, seed, yieldEogToken: true };
          for await (const _ of sequence.evaluate(prompt, sampling)) {
            if (++generated === count || performance.now() - startedAt > LONGEST_MS) break;
          }
          return generated;
        }),
      );
      return perSecond(
        done.reduce((sum, generated) => sum + generated, 0),
        performance.now() - startedAt,
      );
    };
    await all(4);
    return await all(tokens);
  } finally {
    await llama.dispose();
  }
}

function perSecond(tokens: number, elapsedMs: number): number {
  return (tokens / elapsedMs) * 1000;
}
