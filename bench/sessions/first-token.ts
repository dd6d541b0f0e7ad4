import { setTimeout as sleep } from 'node:timers/promises';
import { smollm2 } from '../../src/artefacts/catalogue.js';
import { fetchArtefact } from '../fetch-artefact.js';
import type { SessionHandle } from '../../src/client/index.js';
import type { GenerateOutput } from '../../src/domain/session/generation.js';
import { sessionWorkflowId } from '../../src/domain/session/session-id.js';
import type { ChatMessage, LanguageModel } from '../../src/inference/language-model.js';
import { openNodeLlamaCppModel } from '../../src/inference/process/node-llama-cpp-model.js';
import { benchRow, median } from '../bench-row.js';
import type { BenchOptions, BenchRow } from '../bench-row.js';
import { startProcessStack } from '../stack/process-stack.js';
import type { ProcessStack } from '../stack/process-stack.js';

const MODEL_ID = 'smollm2-135m-instruct';
const CONTEXT_TOKENS = 8_192;
/** With the messages below, 20 turns come to about 3,000 tokens. */
const ANSWER_TOKENS = 32;
const RESTART_MS = 15_000;
const PERSONA = 'You are a helpful assistant.';
const PARAGRAPH =
  'In the harbour of the old town the boats came back before noon, and whoever had time went down to the quay to see what they ' +
  'brought: herring, mackerel, now and then a crate of something that nobody had asked for. ';

function messageOf(turn: number): string {
  return `Chapter ${turn}. ${PARAGRAPH.repeat(2)}What do you make of chapter ${turn}?`;
}

/** After a kill: reading a long message takes the same time on any worker, and would hide what the conversation takes. */
function shortMessageOf(turn: number): string {
  return `And what comes after chapter ${turn}?`;
}

/** The first token of a turn late in a conversation: with its state in the engine, and after the death of the worker that held it. */
export async function benchFirstToken({ quick, onNotice, signal }: BenchOptions): Promise<BenchRow[]> {
  const modelPath = await fetchArtefact(smollm2, { onNotice, signal });
  const repeats = quick ? 2 : 5;
  onNotice('first token of the bare engine at 3,000 tokens');
  const bare = await bareEngine(modelPath, repeats);
  if (signal.aborted) return [];

  onNotice('first token of a session at 3,000 tokens');
  // A worker that comes back loads its model on the same cores: it should not be what is measured.
  const options = { modelId: MODEL_ID, contextTokens: CONTEXT_TOKENS, restartMs: RESTART_MS, signal, onNotice };
  const stack = await startProcessStack(options);
  try {
    const session = await stack.client.startSession({
      sessionId: 'first-token',
      modelId: MODEL_ID,
      persona: PERSONA,
      maxOutputTokens: ANSWER_TOKENS,
    });
    for (let turn = 1; turn < 20 && !signal.aborted; turn++) await session.send(messageOf(turn));
    const warm: FirstToken[] = [];
    for (let turn = 20; turn < 20 + repeats && !signal.aborted; turn++)
      warm.push(await firstToken(session, turn, messageOf(turn)));
    await readEngineTimes(stack, warm);
    const moved: FirstToken[] = [];
    for (let turn = 20 + repeats; turn < 20 + 2 * repeats && !signal.aborted; turn++) {
      onNotice(`the worker that holds the conversation is killed before turn ${turn}`);
      await killHolder(stack);
      moved.push(await firstToken(session, turn, shortMessageOf(turn)));
      await sleep(RESTART_MS + 8_000);
    }
    if (signal.aborted) return [];
    await readEngineTimes(stack, moved);
    const engine = (turns: readonly FirstToken[]): number => median(turns.map(({ engineMs = Number.NaN }) => engineMs));
    const seen = (turns: readonly FirstToken[]): number => median(turns.map(({ seenMs }) => seenMs));
    return [
      benchRow(
        {
          id: 'first-token',
          what: `first token at turn 20 (${bare.tokens} tokens) as the client sees it, against the bare engine, warm`,
          value: seen(warm),
          unit: 'ms',
          baseline: bare.warmMs,
        },
        { of: 'ratio', atMost: 1.3 },
      ),
      benchRow({
        id: '-',
        what: 'the same within the engine',
        value: engine(warm),
        unit: 'ms',
        baseline: bare.warmMs,
      }),
      benchRow(
        {
          id: 'first-token',
          what: 'bare engine cold, against the first token in the engine that takes over from a killed worker',
          value: bare.coldMs,
          unit: 'ms',
          baseline: engine(moved),
        },
        { of: 'ratio', atLeast: 20 },
      ),
      benchRow({
        id: '-',
        what: 'bare engine cold, against that first token as the client sees it',
        value: bare.coldMs,
        unit: 'ms',
        baseline: seen(moved),
      }),
      benchRow({
        id: '-',
        what: 'tokens of the prompt that were loaded rather than read, after the kill',
        value: 100 * median(moved.map(({ cachedShare }) => cachedShare)),
        unit: '%',
      }),
    ];
  } finally {
    await stack.close();
  }
}

/** ms; the same conversation on the engine alone. Warm: each turn follows the one before. Cold: another persona, so that nothing is held. */
async function bareEngine(
  modelPath: string,
  repeats: number,
): Promise<{ readonly coldMs: number; readonly warmMs: number; readonly tokens: number }> {
  const model = await openNodeLlamaCppModel({
    modelId: MODEL_ID,
    modelPath,
    gpu: false,
    contextTokens: CONTEXT_TOKENS,
  });
  try {
    const messages: ChatMessage[] = [];
    for (let turn = 1; turn < 20; turn++) await continueOn(model, messages, turn);
    const warm: number[] = [];
    let tokens = 0;
    for (let turn = 20; turn < 20 + repeats; turn++) {
      const { firstTokenMs, usage } = await continueOn(model, messages, turn);
      warm.push(firstTokenMs);
      tokens ||= usage.inputTokens;
    }
    const cold: number[] = [];
    const upTo20 = messages.slice(0, 39);
    for (let i = 0; i < Math.min(repeats, 3); i++) {
      const persona = `You are assistant number ${i} of this ship.`;
      const prompt = { type: 'chat', persona, messages: upTo20 } as const;
      const signal = new AbortController().signal;
      const { firstTokenMs } = await model.generate(
        { prompt, maxOutputTokens: 1 },
        { signal, onDelta: () => undefined },
      );
      cold.push(firstTokenMs);
    }
    return { coldMs: median(cold), warmMs: median(warm), tokens };
  } finally {
    await model.dispose();
  }
}

async function continueOn(model: LanguageModel, messages: ChatMessage[], turn: number) {
  messages.push({ role: 'user', text: messageOf(turn) });
  const prompt = { type: 'chat', persona: PERSONA, messages: [...messages] } as const;
  const result = await model.generate(
    { prompt, maxOutputTokens: ANSWER_TOKENS, cacheKey: 'bench' },
    { signal: new AbortController().signal, onDelta: () => undefined },
  );
  messages.push({ role: 'assistant', text: result.text });
  return result;
}

interface FirstToken {
  readonly turn: number;
  readonly seenMs: number;
  readonly cachedShare: number;
  /** From the history, afterwards. */
  engineMs?: number;
}

async function firstToken(session: SessionHandle, turn: number, message: string): Promise<FirstToken> {
  const since = performance.now();
  let seenMs = 0;
  const { usage } = await session.send(message, { onText: () => (seenMs ||= performance.now() - since) });
  return { turn, seenMs, cachedShare: usage.cachedInputTokens / usage.inputTokens };
}

async function readEngineTimes(stack: ProcessStack, turns: readonly FirstToken[]): Promise<void> {
  const outputs = await generated(stack);
  for (const each of turns) each.engineMs = outputs[each.turn - 1]?.firstTokenMs;
}

/** What the session's activities returned, turn by turn: there are no summaries in a window as wide as this one. */
async function generated({ client }: ProcessStack): Promise<GenerateOutput[]> {
  const { events } = await client.temporal.workflow.getHandle(sessionWorkflowId('first-token')).fetchHistory();
  return (events ?? []).flatMap(({ activityTaskCompletedEventAttributes: completed }) => {
    const data = completed?.result?.payloads?.[0]?.data;
    if (data === undefined || data === null || data.length === 0) return [];
    const output: GenerateOutput = JSON.parse(Buffer.from(data).toString('utf8'));
    return 'firstTokenMs' in output ? [output] : [];
  });
}

async function killHolder(stack: ProcessStack): Promise<void> {
  const queue = (await generated(stack)).at(-1)?.workerQueue;
  const holder = stack.parts.find(({ kind, name }) => kind === 'model worker' && queue?.endsWith(`/${name}`));
  if (holder === undefined || !(await holder.kill())) throw new Error('no worker holds the conversation');
}
