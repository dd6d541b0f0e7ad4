import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ColloquyClient, SessionHandle } from '../../src/client/index.js';
import { sessionWorkflowId } from '../../src/domain/session/session-id.js';
import { SCRIPTED_MODEL, startProcessStack } from '../stack/process-stack.js';
import type { PartKind, ProcessStack } from '../stack/process-stack.js';
import { createBounds } from './bounds.js';
import type { Bounds } from './bounds.js';
import { planFaults } from './fault-schedule.js';
import type { Fault } from './fault-schedule.js';
import { createRandom } from './random.js';
import { followSession } from './session-reader.js';
import type { SessionReader } from './session-reader.js';
import { talk } from './talk.js';
import type { SentMessage } from './talk.js';
import { judge } from './verdict.js';
import type { Resumption, SessionOutcome, Verdict } from './verdict.js';

export interface ChaosOptions {
  readonly minutes: number;
  readonly seed: number;
  readonly sessions: number;
  readonly modelId: string;
  /** Leave logs and histories. */
  readonly keep?: boolean;
  readonly signal: AbortSignal;
  readonly onNotice: (line: string) => void;
}

export interface ChaosResult {
  readonly kills: Readonly<Partial<Record<PartKind, number>>>;
  readonly verdict: Verdict;
  /** What of the run itself hung and was left behind, a line each. */
  readonly hung: readonly string[];
}

/** After the last kill: for what is under way to end. */
const SETTLE_LIMIT_MS = 180_000;
const IDLE_LIMIT_MS = 60_000;
/** How long a part that does not run just now is waited for, before its kill is left out. */
const PART_LIMIT_MS = 10_000;
/** A first start fetches the model. */
const START_LIMIT_MS = 300_000;
const SESSION_START_LIMIT_MS = 60_000;
/** Of what asks the server and repeats itself while that is away. */
const QUESTION_LIMIT_MS = IDLE_LIMIT_MS + 15_000;
const READER_LIMIT_MS = 10_000;
const CLOSE_LIMIT_MS = 180_000;

/** How long a run takes at most, whatever hangs. */
export function longestRunMs({ minutes, sessions }: Pick<ChaosOptions, 'minutes' | 'sessions'>): number {
  const perSession = 4 * QUESTION_LIMIT_MS + READER_LIMIT_MS;
  const around = START_LIMIT_MS + SESSION_START_LIMIT_MS + SETTLE_LIMIT_MS + CLOSE_LIMIT_MS + READER_LIMIT_MS;
  return (minutes + 1) * 60_000 + around + sessions * perSession;
}

/**
 * Lets users chat while the processes of the stack are killed, then looks whether all is as if nothing had been. It comes to a verdict
 * whatever hangs: each step has a limit.
 *
 * @param bounds keeps account of what hung
 * @throws {Error} when the stack does not start
 */
export async function runChaos(
  options: ChaosOptions,
  bounds: Bounds = createBounds(options.onNotice),
): Promise<ChaosResult> {
  const { minutes, seed, sessions, modelId, keep, signal, onNotice } = options;
  const stack = await bounds.within('starting the stack', START_LIMIT_MS, () =>
    startProcessStack({ modelId, contextTokens: 2_048, keep, signal, onNotice }),
  );
  if (stack === undefined) throw new Error('The stack did not start.');
  const over = new AbortController();
  const givenUp = new AbortController();
  const readers: SessionReader[] = [];
  try {
    const faults = planFaults({ seed, minutes, parts: stack.parts.length });
    const talking = await Promise.all(
      Array.from({ length: sessions }, async (_, index) => {
        const sessionId = `chaos-${index + 1}`;
        const session = await bounds.within(`starting session ${sessionId}`, SESSION_START_LIMIT_MS, () =>
          stack.client.startSession({
            sessionId,
            modelId,
            persona: 'You are a helpful assistant. Answer in a few sentences.',
            maxOutputTokens: 96,
          }),
        );
        if (session === undefined) throw new Error(`Session ${sessionId} did not start.`);
        const reader = followSession(stack.stream, session.sessionId);
        readers.push(reader);
        const sent: SentMessage[] = [];
        const random = createRandom(seed * 1_000 + index);
        const question = (turn: number): string => questionOf(modelId, turn, random);
        const stop = AbortSignal.any([givenUp.signal, signal]);
        return {
          session,
          reader,
          sent,
          done: talk({ session, random, question, until: over.signal, signal: stop, sent }),
        };
      }),
    );
    onNotice(`${sessions} sessions talk; ${faults.length} kills in ${minutes} min, seed ${seed}`);
    const startedAt = Date.now();
    const kills = await kill(stack, faults, { minutes, signal, onNotice, bounds });
    over.abort();
    onNotice('no more kills; waiting for what is under way');
    await Promise.all(
      talking.map(({ session, sent, done }) =>
        bounds.within(`the last answer of ${session.sessionId} (${sent.length} messages)`, SETTLE_LIMIT_MS, () => done),
      ),
    );
    givenUp.abort();
    signal.throwIfAborted();
    const outcomes: SessionOutcome[] = [];
    for (const { session, reader, sent } of talking) {
      const ask = <T>(what: string, question: () => Promise<T>): Promise<T | undefined> =>
        bounds.within(`${what} of ${session.sessionId}`, QUESTION_LIMIT_MS, question);
      const pendingActivities = await ask('what is under way', () => untilIdle(stack.client, session));
      const status = await ask('status', () => patiently(() => session.status()));
      const transcript = await ask('transcript', () => patiently(() => session.transcript()));
      await bounds.within(`the reader of ${session.sessionId}`, READER_LIMIT_MS, () => reader.stop());
      if (keep) await ask('history', () => keepHistory(stack, session.sessionId));
      outcomes.push({
        sent,
        messages: transcript?.messages ?? [],
        reader,
        pendingActivities: pendingActivities ?? 0,
        openTurns: status?.openTurns ?? 0,
      });
    }
    const verdict = judge(outcomes, resumptionsOf(stack));
    const { messageId, at, ms } = verdict.longestStall;
    onNotice(
      `longest stall: ${messageId}, ${(ms / 1_000).toFixed(1)} s from ${((at - startedAt) / 1_000).toFixed(1)} s on`,
    );
    return { kills, verdict, hung: bounds.hung };
  } finally {
    givenUp.abort();
    await bounds.within('the readers', READER_LIMIT_MS, () => Promise.all(readers.map((reader) => reader.stop())));
    await bounds.within('closing the stack', CLOSE_LIMIT_MS, () => stack.close());
  }
}

async function kill(
  stack: ProcessStack,
  faults: readonly Fault[],
  {
    minutes,
    signal,
    onNotice,
    bounds,
  }: Pick<ChaosOptions, 'minutes' | 'signal' | 'onNotice'> & { readonly bounds: Bounds },
): Promise<Partial<Record<PartKind, number>>> {
  const kills: Partial<Record<PartKind, number>> = {};
  const startedAt = performance.now();
  const until = (ms: number): Promise<unknown> => sleep(startedAt + ms - performance.now(), undefined, { signal });
  for (const { atMs, part } of faults) {
    await until(atMs);
    const victim = stack.parts[part];
    if (victim === undefined) continue;
    const { kind, name } = victim;
    const giveUpAt = performance.now() + PART_LIMIT_MS;
    const killNow = async (): Promise<boolean> =>
      (await bounds.within(`killing ${name}`, PART_LIMIT_MS, () => victim.kill())) ?? false;
    let isKilled = await killNow();
    while (!isKilled && performance.now() < giveUpAt) {
      await sleep(100, undefined, { signal });
      isKilled = await killNow();
    }
    onNotice(
      `${((performance.now() - startedAt) / 1_000).toFixed(1)} s: ${isKilled ? 'killed' : 'not there to kill:'} ${name}`,
    );
    if (isKilled) kills[kind] = (kills[kind] ?? 0) + 1;
  }
  await until(minutes * 60_000);
  return kills;
}

/** Waits until the session's workflow has nothing under way. @returns what is left then */
async function untilIdle({ temporal }: ColloquyClient, { sessionId }: SessionHandle): Promise<number> {
  const giveUpAt = performance.now() + IDLE_LIMIT_MS;
  for (;;) {
    const { raw } = await patiently(() => temporal.workflow.getHandle(sessionWorkflowId(sessionId)).describe());
    const left = raw.pendingActivities?.length ?? 0;
    if (left === 0 || performance.now() > giveUpAt) return left;
    await sleep(500);
  }
}

/** Beside the logs: when what happened in the newest run of the session. */
async function keepHistory({ client, home }: ProcessStack, sessionId: string): Promise<void> {
  const { events } = await client.temporal.workflow.getHandle(sessionWorkflowId(sessionId)).fetchHistory();
  const lines = (events ?? []).map((event) => JSON.stringify(event));
  await writeFile(join(home, 'logs', `${sessionId}.history.jsonl`), lines.join('\n'));
}

/** The server may have been killed a moment ago. */
async function patiently<T>(action: () => Promise<T>): Promise<T> {
  const giveUpAt = performance.now() + IDLE_LIMIT_MS;
  for (;;) {
    try {
      return await action();
    } catch (error) {
      if (performance.now() > giveUpAt) throw error;
      await sleep(1_000);
    }
  }
}

function resumptionsOf(stack: ProcessStack): Resumption[] {
  return stack.modelLog().flatMap(({ msg, time, messageId, textLength }) => {
    const isOne = msg === 'Going on where the attempt before stopped';
    if (!isOne || typeof time !== 'number' || typeof messageId !== 'string') return [];
    return [{ messageId, at: time, textLength: Number(textLength) }];
  });
}

const QUESTIONS = [
  'Explain in a few sentences how bread is made.',
  'Why does it rain?',
  'What is a ship, and what is it for?',
  'Tell me something about the history of the bicycle.',
  'How does a lamp give light?',
  'What would you pack for a week in the mountains?',
];

/** Each one only once, so that an answer that was given to another message is told from its own. */
function questionOf(modelId: string, turn: number, random: () => number): string {
  const question = QUESTIONS[Math.floor(random() * QUESTIONS.length)] ?? '';
  if (modelId !== SCRIPTED_MODEL) return `${question} (Question ${turn}.)`;
  const words = 10 + Math.floor(random() * 80);
  return `${question} Question ${turn}. words=${words} delay=40`;
}
