import { benchRow, median } from '../bench-row.js';
import type { BenchOptions, BenchRow } from '../bench-row.js';
import { MODEL_ID, startInProcessStack } from './in-process-stack.js';
import type { InProcessStack } from './in-process-stack.js';

const AT_ONCE = 50;
/** The scripted model's answer, at once. */
const QUESTION = 'Yes or no? words=3 delay=0';

/** What a turn costs beside its answer, against the least that an update with an activity costs. */
export async function benchOverhead(options: BenchOptions): Promise<BenchRow[]> {
  const { quick, onNotice, signal } = options;
  const stack = await startInProcessStack(options);
  try {
    onNotice('latency of a turn beside that of the bare workflow');
    const turns = quick ? 60 : 300;
    const ask = { session: await openSession(stack), bare: await stack.startBare('latency') };
    const latencies = { session: [] as number[], bare: [] as number[] };
    // In turn: what else the machine does then slows both alike.
    for (let turn = 0; turn < turns && !signal.aborted; turn++) {
      for (const kind of ['session', 'bare'] as const) {
        const since = performance.now();
        await ask[kind](QUESTION);
        if (turn >= 10) latencies[kind].push(performance.now() - since);
      }
    }
    if (signal.aborted) return [];
    onNotice(`throughput of ${AT_ONCE} at once`);
    const each = quick ? 5 : 15;
    const rounds = quick ? 1 : 3;
    const rates = { session: [] as number[], bare: [] as number[] };
    for (let round = 0; round < rounds && !signal.aborted; round++) {
      rates.bare.push(await throughput(each, (index) => stack.startBare(`${round}-${index}`)));
      rates.session.push(await throughput(each, () => openSession(stack)));
    }
    if (signal.aborted) return [];
    return [
      benchRow(
        {
          id: 'overhead',
          what: 'latency of a turn, against the bare workflow, median',
          value: median(latencies.session),
          unit: 'ms',
          baseline: median(latencies.bare),
        },
        { of: 'ratio', atMost: 1.25 },
      ),
      benchRow(
        {
          id: 'overhead',
          what: `turns of ${AT_ONCE} sessions at once, against bare workflows`,
          value: median(rates.session),
          unit: 'turn/s',
          baseline: median(rates.bare),
        },
        { of: 'ratio', atLeast: 0.8 },
      ),
    ];
  } finally {
    await stack.close();
  }
}

async function openSession({ sessions }: InProcessStack): Promise<(text: string) => Promise<unknown>> {
  const session = await sessions.client.startSession({ sessionId: sessions.newId('overhead'), modelId: MODEL_ID });
  return (text) => session.send(text);
}

/** Turns a second; the first of each conversation, which starts it, is not counted. */
async function throughput(
  turns: number,
  open: (index: number) => Promise<(text: string) => Promise<unknown>>,
): Promise<number> {
  const asks = await Promise.all(
    Array.from({ length: AT_ONCE }, async (_, index) => {
      const ask = await open(index);
      await ask(QUESTION);
      return ask;
    }),
  );
  const since = performance.now();
  await Promise.all(
    asks.map(async (ask) => {
      for (let turn = 0; turn < turns; turn++) await ask(QUESTION);
    }),
  );
  return (AT_ONCE * turns * 1_000) / (performance.now() - since);
}
