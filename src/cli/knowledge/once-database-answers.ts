import { setTimeout as sleep } from 'node:timers/promises';
import { ColloquyError } from '../../client/colloquy-error.js';
import type { Terminal } from '../terminal.js';

const LIMIT_MS = 60_000;
const AGAIN_MS = 1_000;

/** Retries for a minute while the database does not respond, and says so. On a first start, the database needs a moment. */
export async function onceDatabaseAnswers<T>(
  { note }: Pick<Terminal, 'note'>,
  action: () => Promise<T>,
  limitMs = LIMIT_MS,
): Promise<T> {
  const giveUpAt = Date.now() + limitMs;
  let isTold = false;
  for (;;) {
    try {
      return await action();
    } catch (error) {
      const isAway = error instanceof ColloquyError && error.type === 'Database.Unreachable';
      if (!isAway || Date.now() > giveUpAt) throw error;
      if (!isTold) note('Waiting for the database to respond…');
      isTold = true;
      await sleep(AGAIN_MS);
    }
  }
}
