import type { BenchOptions, BenchRow } from '../bench-row.js';
import { benchStreamLag } from './stream-lag.js';

/** What conversations cost beside the engine. */
export function benchSessions(options: BenchOptions): Promise<BenchRow[]> {
  return benchStreamLag(options);
}
