import type { BenchOptions, BenchRow } from '../bench-row.js';
import { benchKnowledgeStore } from './knowledge-store.js';

const GROUPS: Readonly<Record<string, (options: BenchOptions) => Promise<BenchRow[]>>> = {
  '6.2': benchKnowledgeStore,
};

/** How well and how fast knowledge bases are searched. */
export async function benchRetrieval(options: BenchOptions): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const [id, bench] of Object.entries(GROUPS)) {
    if (options.signal.aborted) break;
    if (options.only !== undefined && options.only !== id) continue;
    rows.push(...(await bench(options)));
  }
  return rows;
}
