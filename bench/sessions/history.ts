import { setMaxListeners } from 'node:events';
import { benchRow, median } from '../bench-row.js';
import type { BenchOptions, BenchRow } from '../bench-row.js';
import { historySize, MODEL_ID, startInProcessStack } from './in-process-stack.js';
import type { InProcessStack } from './in-process-stack.js';

const READERS = 50;
/** Wide: nothing is summarised while answers of different lengths are compared. */
const WIDE_TOKENS = 16_384;
/** Room for about 20 turns of this benchmark: the window is full long before turn 200. */
const NARROW_TOKENS = 2_048;

const medianEvents = (turns: readonly Turn[]): number => median(turns.map((turn) => turn.events));
const medianBytes = (turns: readonly Turn[]): number => median(turns.map((turn) => turn.bytes));

/** What a turn takes of the workflow's history: however long the answer, how many read, how old the conversation. */
export async function benchHistory(options: BenchOptions): Promise<BenchRow[]> {
  const { quick, onNotice, signal } = options;
  const withStack = async <T>(contextTokens: number, use: (stack: InProcessStack) => Promise<T>): Promise<T> => {
    const stack = await startInProcessStack(options, { contextTokens });
    try {
      return await use(stack);
    } finally {
      await stack.close();
    }
  };
  onNotice(`history of turns with answers of 20 and of 500 tokens, ${READERS} readers`);
  const few = { turns: 6, readers: READERS, maxOutputTokens: 500, signal };
  const { short, long } = await withStack(WIDE_TOKENS, async (stack) => ({
    short: await measureTurns(stack, { ...few, words: 20 }),
    long: await measureTurns(stack, { ...few, words: 500 }),
  }));
  onNotice('history of many turns');
  const count = quick ? 60 : 205;
  const many = await withStack(NARROW_TOKENS, (stack) =>
    measureTurns(stack, { turns: count, words: 40, readers: 1, maxOutputTokens: 128, signal }),
  );
  if (signal.aborted) return [];
  const early = many.filter(({ turn }) => turn >= 4 && turn <= 8);
  const late = many.filter(({ turn }) => turn > count - 15);
  const beyond = [...short, ...long, ...many].map(({ bytes, textBytes }) => bytes - 2 * textBytes);
  return [
    benchRow(
      {
        id: 'history',
        what: 'history events of a turn, answer of 20 tokens',
        value: medianEvents(short),
        unit: 'events',
      },
      { of: 'value', atMost: 12 },
    ),
    benchRow(
      {
        id: 'history',
        what: 'history events of a turn, answer of 500 tokens, against 20',
        value: medianEvents(long),
        unit: 'events',
        baseline: medianEvents(short),
      },
      { of: 'ratio', atMost: 1 },
    ),
    benchRow(
      {
        id: 'history',
        what: 'history bytes of a turn beyond twice its text, median of all',
        value: median(beyond),
        unit: 'bytes',
      },
      { of: 'value', atMost: 3_072 },
    ),
    benchRow({
      id: '-',
      what: 'history bytes of a turn beyond twice its text, most (with a summary)',
      value: Math.max(...beyond),
      unit: 'bytes',
    }),
    benchRow(
      {
        id: 'history',
        what: `history bytes at turn ${count} with a full window, against turn 5`,
        value: medianBytes(late),
        unit: 'bytes',
        baseline: medianBytes(early),
      },
      { of: 'ratio', atMost: 1.05 },
    ),
    benchRow(
      {
        id: 'history',
        what: `history events at turn ${count} with a full window, against turn 5`,
        value: medianEvents(late),
        unit: 'events',
        baseline: medianEvents(early),
      },
      { of: 'ratio', atMost: 1 },
    ),
  ];
}

interface Turn {
  readonly turn: number;
  readonly events: number;
  readonly bytes: number;
  /** Message and answer. */
  readonly textBytes: number;
}

/** Turns in which the session went over to its next run are left out. */
async function measureTurns(
  { sessions }: InProcessStack,
  {
    turns,
    words,
    readers,
    maxOutputTokens,
    signal,
  }: { turns: number; words: number; readers: number; maxOutputTokens: number; signal: AbortSignal },
): Promise<Turn[]> {
  const session = await sessions.client.startSession({
    sessionId: sessions.newId('history'),
    modelId: MODEL_ID,
    maxOutputTokens,
  });
  const { sessionId } = session;
  const reading = new AbortController();
  setMaxListeners(readers, reading.signal);
  const read = async (): Promise<void> => {
    for await (const _ of sessions.stream.subscribe(sessionId, { signal: reading.signal }));
  };
  const all = Array.from({ length: readers }, read);
  const measured: Turn[] = [];
  let before = await historySize(sessions, sessionId);
  for (let turn = 1; turn <= turns && !signal.aborted; turn++) {
    const text = `This is question ${turn}, and here is a little more of it to read. words=${words} delay=2`;
    const answer = await session.send(text, { onText: () => undefined });
    const after = await historySize(sessions, sessionId);
    // The first turn brings the title and the persona.
    if (after.runId === before.runId && turn > 1) {
      measured.push({
        turn,
        events: after.events - before.events,
        bytes: after.bytes - before.bytes,
        textBytes: Buffer.byteLength(text) + Buffer.byteLength(answer.text),
      });
    }
    before = after;
  }
  reading.abort();
  await Promise.all(all);
  return measured;
}
