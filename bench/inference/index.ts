import { smollm2 } from '../../src/artefacts/catalogue.js';
import { ensureArtefact } from '../../src/artefacts/ensure-artefact.js';
import { resolveHome } from '../../src/artefacts/home.js';
import type { BenchOptions, BenchRow } from '../bench-row.js';
import { findBatchedBench } from './batched-bench.js';
import { firstTokenRows } from './first-token.js';
import { benchOllama } from './ollama.js';
import { memoryRows, resumingRows } from './resuming.js';
import type { BenchSetting } from './setting.js';
import { sharingRows } from './sharing.js';
import { throughputRows } from './throughput.js';

const GROUPS: readonly ((setting: BenchSetting) => Promise<BenchRow[]>)[] = [
  throughputRows,
  benchOllama,
  firstTokenRows,
  sharingRows,
  resumingRows,
  memoryRows,
];

/** Speed and latency of the engine as workers run it, beside llama.cpp itself and plain node-llama-cpp. */
export async function benchInference({ quick, onNotice, signal }: BenchOptions): Promise<BenchRow[]> {
  const modelPath =
    process.env.COLLOQUY_BENCH_MODEL ??
    (await ensureArtefact(smollm2, { home: resolveHome(process.env), signal, onNotice, onProgress: () => undefined }));
  const batchedBench = findBatchedBench(process.env);
  if (batchedBench === undefined) {
    onNotice('llama-batched-bench is not there: its rows are left out. Build it by scripts/get-llama-batched-bench.sh');
  }
  const rows: BenchRow[] = [];
  for (const group of GROUPS) {
    if (signal.aborted) break;
    rows.push(...(await group({ modelPath, batchedBench, quick, onNotice, signal })));
  }
  return rows;
}
