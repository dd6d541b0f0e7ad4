import { smollm2 } from '../../src/artefacts/catalogue.js';
import { ensureArtefact } from '../../src/artefacts/ensure-artefact.js';
import { resolveHome } from '../../src/artefacts/home.js';
import { benchRow, median } from '../bench-row.js';
import type { BenchOptions, BenchRow } from '../bench-row.js';
import { batchedBenchThroughput, findBatchedBench } from './batched-bench.js';
import { firstToken, pausesDuringLongPrompt, plainAdmission, schedulerAdmission } from './latency.js';
import { benchOllama } from './ollama.js';
import { plainThroughput, schedulerThroughput } from './throughput.js';

/** Least share of llama.cpp's own speed, by threads and sequences. With 2 threads on 2 cores JavaScript shares them. */
const SHARES: Readonly<Record<number, Readonly<Record<number, number>>>> = {
  1: { 1: 0.9, 4: 0.9, 8: 0.9 },
  2: { 1: 0.55, 4: 0.7, 8: 0.85 },
};

/** Speed and latency of the engine, beside llama.cpp itself and plain node-llama-cpp. */
export async function benchInference({ quick, onNotice, signal }: BenchOptions): Promise<BenchRow[]> {
  const modelPath =
    process.env.COLLOQUY_BENCH_MODEL ??
    (await ensureArtefact(smollm2, { home: resolveHome(process.env), signal, onNotice, onProgress: () => undefined }));
  const batchedBench = findBatchedBench(process.env);
  if (batchedBench === undefined) {
    onNotice(
      'llama-batched-bench is not there: its columns stay empty. Build it by scripts/get-llama-batched-bench.sh',
    );
  }
  const rows: BenchRow[] = [];
  const stopped = (): boolean => signal.aborted;

  for (const threads of [1, 2]) {
    for (const sequences of [1, 4, 8]) {
      if (stopped()) return rows;
      const options = { modelPath, threads, sequences, tokens: quick ? 24 : 96 };
      const speeds = { ours: [] as number[], plain: [] as number[], llama: [] as number[] };
      // Interleaved: what else the machine does then slows all alike.
      for (let i = 0; i < (quick ? 1 : 5) && !stopped(); i++) {
        onNotice(`generating: ${threads} threads, ${sequences} sequences, run ${i + 1}`);
        if (batchedBench !== undefined)
          speeds.llama.push(await batchedBenchThroughput({ path: batchedBench, ...options }));
        speeds.ours.push(await schedulerThroughput(options));
        speeds.plain.push(await plainThroughput(options));
      }
      const setting = `${threads} thread${threads > 1 ? 's' : ''}, ${sequences} sequence${sequences > 1 ? 's' : ''}`;
      const value = median(speeds.ours);
      const share = SHARES[threads]?.[sequences];
      if (speeds.llama.length > 0 && share !== undefined) {
        rows.push(
          benchRow(
            {
              id: '4.1',
              what: `generating, ${setting}, against llama-batched-bench`,
              value,
              unit: 'token/s',
              baseline: median(speeds.llama),
            },
            { of: 'ratio', atLeast: share },
          ),
        );
      }
      const plain = {
        what: `generating, ${setting}, against plain node-llama-cpp`,
        value,
        unit: 'token/s',
        baseline: median(speeds.plain),
      };
      rows.push(
        sequences === 8
          ? benchRow({ id: '4.1', ...plain }, { of: 'ratio', atLeast: 1.5 })
          : benchRow({ id: '-', ...plain }),
      );
    }
  }
  if (stopped()) return rows;

  rows.push(...(await benchOllama({ modelPath, quick, onNotice, signal })));
  if (stopped()) return rows;

  onNotice('admission while seven generate');
  const threads = 1;
  rows.push(
    benchRow(
      {
        id: '4.1',
        what: 'first token of a new request while 7 generate, against plain node-llama-cpp',
        value: await schedulerAdmission({ modelPath, threads }),
        unit: 'ms',
        baseline: await plainAdmission({ modelPath, threads }),
      },
      { of: 'value', atMost: 200 },
    ),
  );
  for (const promptTokens of [1000, 3500]) {
    if (stopped()) return rows;
    onNotice(`first token at ${promptTokens} tokens`);
    const { cold, warm, fromSnapshot, prefillPerSecond } = await firstToken({ modelPath, threads, promptTokens });
    const id = promptTokens === 3500 ? '4.2' : '-';
    const of = `first token at ${promptTokens} tokens`;
    rows.push(benchRow({ id: '-', what: `${of}, cold`, value: cold, unit: 'ms' }));
    rows.push(
      benchRow({ id: '-', what: `prefill of ${promptTokens} tokens`, value: prefillPerSecond, unit: 'token/s' }),
    );
    for (const [how, ms] of [
      ['warm', warm],
      ['from snapshot', fromSnapshot],
    ] as const) {
      rows.push(
        benchRow(
          { id, what: `${of}, cold against ${how}`, value: cold, unit: 'ms', baseline: ms },
          { of: 'ratio', atLeast: 50 },
        ),
      );
    }
  }
  if (stopped()) return rows;

  onNotice('a prompt of 2,000 tokens beside three answers');
  const { longest, usual, firstTokenMs } = await pausesDuringLongPrompt({ modelPath, threads });
  rows.push(
    benchRow(
      {
        id: '4.3',
        what: 'longest pause of 3 answers while a prompt of 2,000 tokens comes in, against their median',
        value: longest,
        unit: 'ms',
        baseline: usual,
      },
      { of: 'ratio', atMost: 4 },
    ),
    benchRow({ id: '-', what: 'first token of that prompt', value: firstTokenMs, unit: 'ms' }),
    benchRow({
      id: '-',
      what: 'memory of this process after all',
      value: process.memoryUsage.rss() / 2 ** 20,
      unit: 'MiB',
    }),
  );
  return rows;
}
