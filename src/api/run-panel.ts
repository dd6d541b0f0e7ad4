import { createHash, randomUUID } from 'node:crypto';
import type { ColloquyClient } from '../client/colloquy-client.js';
import type { StartPanelOptions } from '../client/panels-client.js';
import { ColloquyError } from '../client/colloquy-error.js';
import type { PanelHandle } from '../client/panel-handle.js';
import { hashText } from '../domain/conversation-hash.js';
import { renderResult } from '../domain/panel/render-result.js';
import type { PanelResult } from '../domain/panel/result.js';
import { coordinatorOf } from '../domain/panel/panel.js';
import { MAX_STATUS_TASK } from '../domain/panel/status.js';
import { excerpt } from '../domain/text.js';
import { ApiError } from './api-error.js';
import { assertWorkers } from './assert-workers.js';
import type { PanelAnswer, RunPanel } from './panel-app.js';

export interface PanelRunnerOptions {
  readonly client: ColloquyClient;
  /** Used where a profile names no model. */
  readonly modelId: string;
  readonly timeoutSeconds: number;
  /** Default: that of panels. */
  readonly rounds?: number;
}

/** Runs each request as a panel of its own. A request with a known key joins the panel that it started. */
export function createPanelRunner({ client, modelId, timeoutSeconds, rounds }: PanelRunnerOptions): RunPanel {
  return async ({ task, coordinator, experts }, { idempotencyKey = randomUUID(), signal }) => {
    await assertWorkers(client, coordinator.modelId ?? modelId);
    const panelId = `${coordinator.name}-${digestOf(idempotencyKey)}`;
    const handle = await startOrJoin(client, {
      panelId,
      task,
      modelId,
      experts,
      coordinator: coordinatorOf(coordinator),
      // The panel ends with its best result a little before the server's time limit.
      limits: { deadlineSeconds: Math.max(1, timeoutSeconds * 0.9), rounds },
    });
    const stop = (): void => void handle.cancel().catch(() => undefined);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      return answerOf(await handle.result());
    } finally {
      signal.removeEventListener('abort', stop);
    }
  };
}

async function startOrJoin(
  client: ColloquyClient,
  options: StartPanelOptions & { readonly panelId: string },
): Promise<PanelHandle> {
  try {
    return await client.startPanel(options);
  } catch (error) {
    if (!(error instanceof ColloquyError) || error.type !== 'PanelExists') throw error;
  }
  const handle = client.panel(options.panelId);
  const { task, taskHash } = await handle.status();
  const isSame =
    taskHash === undefined ? task === excerpt(options.task, MAX_STATUS_TASK) : taskHash === hashText(options.task);
  if (isSame) return handle;
  throw new ApiError(
    422,
    'InvalidRequest',
    'This Idempotency-Key was used for another text. Give each request a key of its own.',
  );
}

function answerOf(result: PanelResult): PanelAnswer {
  const absent = result.absent.map(({ expert, reason }) => ({ expert, reason }));
  if (result.outcome !== 'no-answers') return { response: renderResult(result), absent };
  const reasons = absent.map(({ expert, reason }) => `${expert}: ${reason}`).join(' ');
  throw new ApiError(503, 'Expert.Unavailable', `No expert answered. ${reasons}`, { headers: { 'retry-after': '5' } });
}

function digestOf(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 32);
}
