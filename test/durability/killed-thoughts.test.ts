import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { serveTokenStream } from '../../src/streaming/socket-server.js';
import { endProcess } from '../support/end-process.js';
import { writeScriptedGguf } from '../support/scripted-gguf.js';
import { createSessionStack } from '../support/session-stack.js';
import type { SessionStack } from '../support/session-stack.js';
import { startTestServer } from '../support/temporal.js';

const PROGRAM = fileURLToPath(new URL('programs/thinking-worker.mjs', import.meta.url));
const TEMPLATE =
  '{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}' +
  '{% if enable_thinking is defined and enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}';
const THOUGHTS = Array.from({ length: 400 }, (_, index) => ` thought${index}`);
const ANSWER = Array.from({ length: 100 }, (_, index) => ` word${index}`);
const THOUGHT = THOUGHTS.join('').trim();
const TEXT = ANSWER.join('').trim();

let env: TestWorkflowEnvironment;
let stack: SessionStack;
let folder: string;
let modelPath: string;
let hub: Awaited<ReturnType<typeof serveTokenStream>>;
let worker: ChildProcess | undefined;

beforeAll(async () => {
  env = await startTestServer();
  folder = await mkdtemp(join(tmpdir(), 'colloquy-thoughts-'));
  modelPath = join(folder, 'thinker.gguf');
  await writeScriptedGguf(modelPath, {
    template: TEMPLATE,
    specials: ['<|system|>', '<|user|>', '<|assistant|>', '<|end|>', '<think>', '</think>'],
    endToken: '<|end|>',
    after: '<|assistant|>',
    script: ['<think>', ...THOUGHTS, '</think>', ...ANSWER],
    idleWeights: 50e6,
  });
  stack = createSessionStack(env);
  hub = await serveTokenStream(stack.stream, join(folder, 'stream.sock'));
  await stack.startOrchestrationWorker();
});
afterEach(async () => {
  if (worker) await endProcess(worker, 'SIGKILL');
});
afterAll(async () => {
  await stack.close();
  await hub.close();
  await rm(folder, { recursive: true });
  await env.teardown();
});

async function startWorker(modelId: string): Promise<ChildProcess> {
  const started = spawn(process.execPath, [PROGRAM, env.address, join(folder, 'stream.sock'), modelId, modelPath], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  worker = started;
  await new Promise<void>((resolve, reject) => {
    started.once('exit', () => reject(new Error('the worker ended before it was ready')));
    started.stdout.once('data', () => resolve());
  });
  return started;
}

it.each([
  ['in the middle of a thought', 'thinking', 1_500],
  ['in the middle of the answer', 'text', 200],
] as const)(
  'a worker that is killed %s: one text of thoughts and one of answer, shown = stored',
  async (_where, part, length) => {
    const modelId = stack.newId('thinker');
    const first = await startWorker(modelId);
    const session = await stack.client.startSession({ modelId, persona: 'p', maxOutputTokens: 900 });
    const shown = { thinking: '', text: '' };
    const answer = session.send('Why?', {
      onThinking: (news) => (shown.thinking += news),
      onText: (news) => (shown.text += news),
    });
    await expect.poll(() => shown[part].length, { interval: 5, timeout: 90_000 }).toBeGreaterThan(length);
    await endProcess(first, 'SIGKILL');
    expect(shown.text === '').toBe(part === 'thinking');
    const before = { ...shown };
    await startWorker(modelId);

    const result = await answer;
    expect(result).toMatchObject({ thinking: THOUGHT, text: TEXT, finishReason: 'stop' });
    expect(shown).toEqual({ thinking: THOUGHT, text: TEXT });
    expect(before[part].length).toBeLessThan((part === 'thinking' ? THOUGHT : TEXT).length);
    // What closed them may have been shown beyond the last beat: it is tokenized then, with a line break of its own.
    expect([1, 2]).toContain((result.usage.thinkingTokens ?? 0) - THOUGHTS.length);
    const { messages } = await session.transcript();
    expect(messages.at(-1)).toMatchObject({ role: 'assistant', thinking: THOUGHT, text: TEXT });
  },
);

it('thoughts that are stopped are kept with their turn', async () => {
  const modelId = stack.newId('thinker');
  await startWorker(modelId);
  const session = await stack.client.startSession({ modelId, persona: 'p', maxOutputTokens: 900 });
  const stop = new AbortController();
  let shown = '';
  const answer = session.send('Why?', { onThinking: (news) => (shown += news), signal: stop.signal });
  await expect.poll(() => shown.length, { interval: 5, timeout: 90_000 }).toBeGreaterThan(300);
  stop.abort();
  await expect(answer).rejects.toMatchObject({ type: 'TurnCancelled' });
  const { messages } = await session.transcript();
  const kept = messages[0]?.failure?.partial?.thinking ?? '';
  expect(kept.startsWith(shown)).toBe(true);
  expect(THOUGHT.startsWith(kept)).toBe(true);
});
