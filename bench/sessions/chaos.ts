import type { BenchOptions, BenchRow } from '../bench-row.js';
import { chaosRows } from '../chaos/rows.js';
import { runChaos } from '../chaos/run-chaos.js';

const MODEL_ID = 'smollm2-135m-instruct';

/** Sessions whose processes are killed at random moments. */
export async function benchChaos({ quick, onNotice, signal }: BenchOptions): Promise<BenchRow[]> {
  const minutes = quick ? 1 : 10;
  const result = await runChaos({ minutes, seed: 1, sessions: 3, modelId: MODEL_ID, signal, onNotice });
  for (const line of result.verdict.details) onNotice(line);
  return chaosRows(result, minutes);
}
