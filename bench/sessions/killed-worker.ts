import { setTimeout as sleep } from 'node:timers/promises';
import { sessionWorkflowId } from '../../src/domain/session/session-id.js';
import { benchRow } from '../bench-row.js';
import type { BenchOptions, BenchRow } from '../bench-row.js';
import { SCRIPTED_MODEL, startProcessStack } from '../stack/process-stack.js';
import type { ProcessStack } from '../stack/process-stack.js';

/** 10 s in all. */
const QUESTION = 'Tell me a long story. words=200 delay=50';
const KILLED_AFTER_MS = 3_000;
const HEARTBEAT_TIMEOUT_MS = 6_000;
const GRACE_MS = 3_000;

/** How long an answer takes whose worker is killed, against one that is left alone. */
export async function benchKilledWorker({ quick, onNotice, signal }: BenchOptions): Promise<BenchRow[]> {
  const stack = await startProcessStack({ modelId: SCRIPTED_MODEL, signal, onNotice });
  try {
    onNotice('an answer of 10 s, left alone');
    const alone = await answer(stack, 'alone');
    const rows: BenchRow[] = [];
    let wrong = 0;
    for (let run = 1; run <= (quick ? 1 : 3) && !signal.aborted; run++) {
      onNotice('the same, its worker killed after 3 s');
      const killed = await answer(stack, `killed-${run}`, KILLED_AFTER_MS);
      if (killed.shown !== killed.text || killed.text !== alone.text) wrong++;
      rows.push(
        benchRow(
          {
            id: 'killed-worker',
            what: `answer whose worker is killed after 3 s, against one left alone, run ${run}`,
            value: killed.ms / 1_000,
            unit: 's',
            baseline: alone.ms / 1_000,
          },
          { of: 'value', atMost: Number(((alone.ms + HEARTBEAT_TIMEOUT_MS + GRACE_MS) / 1_000).toFixed(2)) },
        ),
      );
      // Its worker is back before the next one is killed.
      await sleep(5_000);
    }
    rows.push(
      benchRow(
        {
          id: 'killed-worker',
          what: 'of these, text shown that is not once what is stored',
          value: wrong,
          unit: 'answers',
        },
        { of: 'value', atMost: 0 },
      ),
    );
    return rows;
  } finally {
    await stack.close();
  }
}

async function answer(
  stack: ProcessStack,
  sessionId: string,
  killAfterMs?: number,
): Promise<{ readonly ms: number; readonly text: string; readonly shown: string }> {
  const session = await stack.client.startSession({ sessionId, modelId: SCRIPTED_MODEL });
  // So that the answer goes to a worker that holds the conversation, as a turn in the middle of one does.
  await session.send('Hello. words=2 delay=0');
  const since = performance.now();
  let shown = '';
  const answering = session.send(QUESTION, { onText: (text) => (shown += text) });
  if (killAfterMs !== undefined) {
    await sleep(killAfterMs);
    await killAnswering(stack, sessionId);
  }
  const { text } = await answering;
  return { ms: performance.now() - since, text, shown };
}

/** Kills the worker that runs the session's activity just now. */
async function killAnswering(stack: ProcessStack, sessionId: string): Promise<void> {
  const { raw } = await stack.client.temporal.workflow.getHandle(sessionWorkflowId(sessionId)).describe();
  const pid = Number.parseInt(raw.pendingActivities?.[0]?.lastWorkerIdentity ?? '', 10);
  const worker = stack.parts.find((part) => part.pid() === pid);
  if (worker === undefined || !(await worker.kill())) throw new Error('nobody answers the session');
}
