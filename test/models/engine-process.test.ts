import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LanguageModel } from '../../src/inference/language-model.js';
import { openNodeLlamaCppModel } from '../../src/inference/node-llama-cpp-model.js';
import { chatModelFile } from './model-file.js';

const modelPath = chatModelFile();

/** Ids of the engine processes that `parent` started. */
function enginesOf(parent: number | undefined): number[] {
  const table = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' });
  return table.split('\n').flatMap((line) => {
    const [pid, ppid, ...args] = line.trim().split(/\s+/);
    return ppid === String(parent) && args.join(' ').includes('engine-process.js') ? [Number(pid)] : [];
  });
}

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

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).startsWith('Z');
  } catch {
    return false;
  }
}
