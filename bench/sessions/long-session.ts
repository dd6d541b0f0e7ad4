import { sessionWorkflowId } from '../../src/domain/session/session-id.js';
import { benchRow, median } from '../bench-row.js';
import type { BenchOptions, BenchRow } from '../bench-row.js';
import { SCRIPTED_MODEL, startProcessStack } from '../stack/process-stack.js';

/** A session of many turns, in processes and with the archive, against how it began. */
export async function benchLongSession({ quick, onNotice, signal }: BenchOptions): Promise<BenchRow[]> {
  const turns = quick ? 250 : 1_000;
  onNotice(`a session of ${turns} turns`);
  const stack = await startProcessStack({
    modelId: SCRIPTED_MODEL,
    withRedis: false,
    modelWorkers: 1,
    signal,
    onNotice,
  });
  try {
    const session = await stack.client.startSession({
      sessionId: 'long',
      modelId: SCRIPTED_MODEL,
      maxOutputTokens: 200,
    });
    const latencies: number[] = [];
    const answers: string[] = [];
    for (let turn = 1; turn <= turns && !signal.aborted; turn++) {
      const since = performance.now();
      const { text } = await session.send(`Question ${turn}. words=20 delay=0`);
      latencies.push(performance.now() - since);
      answers.push(text);
      if (turn % 100 === 0)
        onNotice(`${turn} turns, median of the last 50: ${median(latencies.slice(-50)).toFixed(1)} ms`);
    }
    if (signal.aborted) return [];
    const { messages } = await session.transcript();
    const told = messages.filter(({ role }) => role === 'assistant').map(({ text }) => text);
    const missing = answers.filter((answer, index) => told[index] !== answer).length;
    const lengths: number[] = [];
    const query = `WorkflowId = '${sessionWorkflowId('long')}'`;
    for await (const run of stack.client.temporal.workflow.list({ query })) lengths.push(run.historyLength);
    return [
      benchRow(
        {
          id: 'long-session',
          what: `latency of a turn, last 50 of ${turns}, against turns 50 to 100, medians`,
          value: median(latencies.slice(-50)),
          unit: 'ms',
          baseline: median(latencies.slice(50, 100)),
        },
        { of: 'ratio', atMost: 1.15 },
      ),
      benchRow(
        {
          id: 'long-session',
          what: `history of the longest of ${lengths.length} runs`,
          value: Math.max(...lengths),
          unit: 'events',
        },
        { of: 'value', atMost: 2_000 },
      ),
      benchRow(
        { id: 'long-session', what: 'turns missing in the transcript, or out of place', value: missing, unit: 'turns' },
        { of: 'value', atMost: 0 },
      ),
      benchRow({ id: '-', what: 'slowest turn', value: Math.max(...latencies), unit: 'ms' }),
    ];
  } finally {
    await stack.close();
  }
}
