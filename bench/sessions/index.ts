import type { BenchOptions, BenchRow } from '../bench-row.js';
import { runGroups } from '../run-groups.js';
import type { BenchGroups } from '../run-groups.js';
import { benchChaos } from './chaos.js';
import { benchFirstToken } from './first-token.js';
import { benchHistory } from './history.js';
import { benchKilledWorker } from './killed-worker.js';
import { benchLongSession } from './long-session.js';
import { benchOverhead } from './overhead.js';
import { benchPersonaDrift } from './persona-drift.js';
import { benchStreamLag } from './stream-lag.js';

const GROUPS: BenchGroups = {
  chaos: benchChaos,
  'killed-worker': benchKilledWorker,
  'first-token': benchFirstToken,
  history: benchHistory,
  'long-session': benchLongSession,
  overhead: benchOverhead,
  'stream-lag': benchStreamLag,
  'persona-drift': benchPersonaDrift,
};

/** The names that `--only` takes. */
export const SESSION_GROUPS: readonly string[] = Object.keys(GROUPS);

/** What conversations cost beside the engine, and what they survive. */
export function benchSessions(options: BenchOptions): Promise<BenchRow[]> {
  return runGroups(GROUPS, options);
}
