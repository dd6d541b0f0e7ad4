import { smollm2 } from '../../src/artefacts/catalogue.js';
import { fetchArtefact } from '../fetch-artefact.js';
import type { BenchOptions, BenchRow } from '../bench-row.js';
import { findBatchedBench } from './batched-bench.js';
import { firstTokenRows } from './first-token.js';
import { benchOllama } from './ollama.js';
import { memoryRows, resumingRows } from './resuming.js';
import { runGroups } from '../run-groups.js';
import type { BenchGroups } from '../run-groups.js';
import type { BenchSetting } from './setting.js';
import { sharingRows } from './sharing.js';
import { throughputRows } from './throughput.js';

const GROUPS: BenchGroups<BenchSetting> = {
  throughput: throughputRows,
  ollama: benchOllama,
  'first-token': firstTokenRows,
  sharing: sharingRows,
  resuming: resumingRows,
  memory: memoryRows,
};

/** The names that `--only` takes. */
export const INFERENCE_GROUPS: readonly string[] = Object.keys(GROUPS);

/** Speed and latency of the engine as workers run it, beside llama.cpp itself and plain node-llama-cpp. */
export async function benchInference(options: BenchOptions): Promise<BenchRow[]> {
  const { onNotice, signal } = options;
  const modelPath = process.env.COLLOQUY_BENCH_MODEL ?? (await fetchArtefact(smollm2, { onNotice, signal }));
  const batchedBench = findBatchedBench(process.env);
  if (batchedBench === undefined) {
    onNotice('llama-batched-bench is not there: its rows are left out. Build it by scripts/get-llama-batched-bench.sh');
  }
  return runGroups(GROUPS, { ...options, modelPath, batchedBench });
}
