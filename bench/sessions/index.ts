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
  '5.1': benchChaos,
  '5.2': benchKilledWorker,
  '5.3': benchFirstToken,
  '5.4': benchHistory,
  '5.5': benchLongSession,
  '5.6': benchOverhead,
  '5.7': benchStreamLag,
  persona: benchPersonaDrift,
};

/** What conversations cost beside the engine, and what they survive. */
export function benchSessions(options: BenchOptions): Promise<BenchRow[]> {
  return runGroups(GROUPS, options);
}
