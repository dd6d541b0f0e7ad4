import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EngineChild } from '../../src/inference/process/engine-child.js';
import type { LanguageModel } from '../../src/inference/language-model.js';
import { openNodeLlamaCppModel } from '../../src/inference/process/node-llama-cpp-model.js';
import { chatModelFile } from './model-file.js';
import { enginesOf } from './support/engines-of.js';

const modelPath = chatModelFile();

const STORY = {
  prompt: { type: 'chat', messages: [{ role: 'user', text: 'Tell me a long story about a fox.' }] },
  maxOutputTokens: 200,
} as const;

describe.skipIf(modelPath === undefined)('the engine’s process', { timeout: 60_000 }, () => {
  let model: LanguageModel;

  beforeAll(async () => {
    model = await openNodeLlamaCppModel({ modelId: 'm', modelPath: modelPath ?? '', contextTokens: 512 });
  }, 60_000);

  afterAll(() => model.dispose());

  const signal = new AbortController().signal;

  for (const how of ['SIGABRT', 'SIGKILL'] as const) {
    it(`ended by ${how} in mid-answer fails that answer, retryably, and the next one is served`, async () => {
      const shown: string[] = [];
      const broken = model.generate(STORY, {
        signal,
        onDelta: ({ text }) => {
          shown.push(text);
          if (shown.length === 5) for (const pid of enginesOf(process.pid)) process.kill(pid, how);
        },
      });
      await expect(broken).rejects.toMatchObject({
        type: 'Model.Crashed',
        message: expect.stringContaining(how),
        options: { retryAfterMs: 500 },
      });
      expect(shown.length).toBeGreaterThanOrEqual(5);
      const { finishReason } = await model.generate({ ...STORY, maxOutputTokens: 5 }, { signal, onDelta: () => {} });
      expect(finishReason).toBe('length');
    });
  }

  it('frees the sequence of a cancelled answer within 100 ms', async () => {
    const controller = new AbortController();
    let cancelledAt = 0;
    const running = model.generate(STORY, {
      signal: controller.signal,
      onDelta: () => {
        cancelledAt ||= performance.now();
        controller.abort();
      },
    });
    await expect(running).resolves.toMatchObject({ finishReason: 'cancelled' });
    expect(performance.now() - cancelledAt).toBeLessThan(100);
  });

  it('serves who waits for a sequence as soon as an answer is cancelled', async () => {
    const one = await openNodeLlamaCppModel({
      modelId: 'm',
      modelPath: modelPath ?? '',
      contextTokens: 512,
      sequences: 1,
    });
    try {
      expect(one.sequences).toBe(1);
      const controller = new AbortController();
      const running = one.generate(STORY, { signal: controller.signal, onDelta: () => {} });
      const order: string[] = [];
      const waiting = one.generate(
        { prompt: { type: 'text', text: 'Hi' }, maxOutputTokens: 1 },
        { signal, onDelta: () => order.push('next') },
      );
      await sleep(300);
      expect(order).toEqual([]);
      controller.abort();
      await running.then(() => order.unshift('ended'));
      await expect(waiting).resolves.toMatchObject({ usage: { outputTokens: 1 } });
      expect(order).toEqual(['ended', 'next']);
    } finally {
      await one.dispose();
    }
  });

  it('does not grow over 500 requests', { timeout: 150_000 }, async () => {
    const memory = async (from: number, to: number): Promise<number> => {
      for (let i = from; i < to; i += 10) {
        const ten = Array.from({ length: 10 }, (_, other) => ({
          prompt: { type: 'text', text: `${i + other}:` } as const,
          maxOutputTokens: 2,
          decoding: { temperature: other / 10, seed: i },
        }));
        await Promise.all(
          ten.map((request) => model.generate(request, { signal: new AbortController().signal, onDelta: () => {} })),
        );
      }
      return Math.max(...enginesOf(process.pid).map(allocatedMebibytes));
    };
    const after100 = await memory(0, 100);
    const after500 = await memory(100, 500);
    process.stdout.write(`memory of the engine: ${after100} MiB after 100 requests, ${after500} MiB after 500\n`);
    expect(after500).toBeLessThan(after100 * 1.1);
  });

  it('passes on typed failures whole', async () => {
    const prompt = { type: 'text', text: 'word '.repeat(900) } as const;
    await expect(model.generate({ prompt, maxOutputTokens: 5 }, { signal, onDelta: () => {} })).rejects.toMatchObject({
      name: 'ModelError',
      type: 'Model.ContextOverflow',
      options: { details: { contextTokens: 512 } },
    });
  });

  it('does not outlive its parent, nor mind the Ctrl-C meant for it', async () => {
    const parent = fork(new URL('support/engine-parent.mjs', import.meta.url), [modelPath ?? ''], { stdio: 'inherit' });
    await once(parent, 'message');
    const [engine] = enginesOf(parent.pid);
    expect(engine).toBeDefined();
    process.kill(engine ?? 0, 'SIGINT');
    await sleep(200);
    expect(enginesOf(parent.pid)).toEqual([engine]);
    parent.kill('SIGKILL');
    await expect.poll(() => isRunning(engine ?? 0), { timeout: 3000 }).toBe(false);
  });
});

/** What it allocated; the weights, mapped from their file, come and go as the system likes. */
function allocatedMebibytes(pid: number): number {
  const status = `/proc/${pid}/status`;
  const kibibytes = existsSync(status)
    ? /RssAnon:\s*(\d+)/u.exec(readFileSync(status, 'utf8'))?.[1]
    : execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
  return Math.round(Number(kibibytes) / 1024);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).startsWith('Z');
  } catch {
    return false;
  }
}

describe.skipIf(modelPath === undefined)('an engine that is watched', { timeout: 60_000 }, () => {
  const notices: string[] = [];
  let engine: EngineChild;
  const open = async (silenceMs: number): Promise<void> => {
    const options = { modelId: 'm', modelPath: modelPath ?? '', contextTokens: 512 };
    engine = new EngineChild(options, (notice) => notices.push(notice), { pingMs: 200, silenceMs, stallMs: 60_000 });
    await engine.opened;
  };
  afterEach(() => engine.dispose());
  const generate = (maxOutputTokens: number) =>
    engine.request((id) => ({ type: 'generate', id, request: { ...STORY, maxOutputTokens }, cancelled: false }));

  it('fails a request that got lost on its way, retryably, and no other', async () => {
    await open(60_000);
    const send = engine.send.bind(engine);
    const isAnswered = generate(150);
    // As if the message had never arrived.
    engine.send = (command) => (command.type === 'generate' ? undefined : send(command));
    const lost = generate(10);
    engine.send = send;
    await expect(lost).rejects.toMatchObject({
      type: 'Model.Crashed',
      message: expect.stringContaining('lost') as string,
    });
    expect(await isAnswered).toMatchObject({ type: 'result', result: { finishReason: 'length' } });
    expect(notices.filter((notice) => notice.includes('lost'))).toHaveLength(1);
  });

  it('is given up when it gives no sign of life', async () => {
    await open(1_500);
    const stuck = generate(200);
    for (const pid of enginesOf(process.pid)) process.kill(pid, 'SIGSTOP');
    await expect(stuck).rejects.toMatchObject({
      type: 'Model.Crashed',
      message: expect.stringMatching(/SIGKILL.*no sign of life/u) as string,
    });
    expect(engine.ended).toBe(true);
  });

  it('is not given up while it decodes', async () => {
    await open(1_500);
    expect(await generate(400)).toMatchObject({ type: 'result' });
  });
});
