import { setTimeout as sleep } from 'node:timers/promises';
import type { ColloquyClient } from '../../client/colloquy-client.js';
import type { Terminal } from '../terminal.js';

export interface TellWaitOptions {
  readonly client: Pick<ColloquyClient, 'missingWorkers' | 'waitingAnswers'>;
  readonly modelId: string;
  readonly terminal: Terminal;
  /** Time of the last progress report of the worker that has the turn, as `performance.now()`; undefined if there was none. */
  readonly lastProgressAt: () => number | undefined;
}

const LOOK_INTERVAL_MS = 1_500;
/** Time for which a report of the worker takes precedence over those of the server and the stack. */
const PROGRESS_LASTS_MS = 4_000;
/** Time without progress after which the user is told that workers are missing. */
const MISSING_AFTER_MS = 5_000;

/**
 * Shows what a turn waits for until `heard` aborts. The status line says that the model is loading or busy with other answers; the model worker
 * cannot report this, because it does not have the turn yet. After a while, a note says that no worker is running.
 */
export async function tellWait(options: TellWaitOptions, heard: AbortSignal): Promise<void> {
  const { terminal, lastProgressAt } = options;
  const since = performance.now();
  let isMissingTold = false;
  let shownAt: number | undefined;
  while (!heard.aborted) {
    await sleep(LOOK_INTERVAL_MS, undefined, { signal: heard }).catch(() => undefined);
    // The call that waits for the answer reports an unreachable server itself.
    const wait = await describeWait(options).catch(() => undefined);
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- it changes meanwhile
    if (heard.aborted) return;
    const progressAt = lastProgressAt() ?? -Infinity;
    if (performance.now() - progressAt < PROGRESS_LASTS_MS) continue;
    // The worker reports each change once, so its last report stays valid until something newer is known.
    if (wait !== undefined || (shownAt ?? -Infinity) > progressAt) {
      terminal.status(wait);
      shownAt = wait === undefined ? undefined : performance.now();
    }
    if (wait !== undefined || isMissingTold || performance.now() - since < MISSING_AFTER_MS) continue;
    isMissingTold = await tellWhatIsMissing(options);
  }
}

async function describeWait({ client, modelId }: TellWaitOptions): Promise<string | undefined> {
  const { runningStack } = await import('../running-stack.js');
  const stack = runningStack();
  if (stack?.isModelLoading === true && stack.models.includes(modelId)) return 'waiting: the model is being loaded';
  const count = await client.waitingAnswers(modelId);
  if (count === 0 || (await client.missingWorkers(modelId)).length > 0) return undefined;
  return `waiting: the model is busy; ${count === 1 ? '1 answer waits' : `${count} answers wait`} for it`;
}

/** @returns whether a note was shown */
async function tellWhatIsMissing({ client, modelId, terminal }: TellWaitOptions): Promise<boolean> {
  const missing = await client.missingWorkers(modelId).catch((): string[] => []);
  if (missing.includes('sessions')) {
    terminal.note('Waiting: no sessions worker is running. Start one: colloquy worker sessions');
  }
  if (missing.includes('model')) {
    terminal.note(
      `Waiting: no worker runs the model "${modelId}". Start one: colloquy worker model --model ${modelId}\n` +
        'Or stop this turn and continue with another model: colloquy set ID --model NAME',
    );
  }
  return missing.length > 0;
}
