import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getLlama } from 'node-llama-cpp';
import { withDefaults } from '../../src/domain/decoding.js';
import { createLlamaBatchEngine } from '../../src/inference/llama-batch-engine.js';
import { loadLlama } from '../../src/inference/load-llama.js';
import type { LoadedLlama } from '../../src/inference/load-llama.js';
import { samplingSettings } from '../../src/inference/sampling-settings.js';
import { StepScheduler } from '../../src/inference/step-scheduler.js';
import { median } from '../bench-row.js';

/** A scheduler on a freshly loaded model, told in milliseconds. */
interface Engine {
  /** @returns when each of `count` tokens came, by `performance.now()`; `signal` ends it earlier */
  generate(tokens: readonly number[], count: number, signal?: AbortSignal): Promise<number[]>;
  tokenize(text: string): number[];
}

const PARAGRAPH =
  'In the harbour of the old town the boats came back before noon, and whoever had time went down to the quay to see what they ' +
  'brought: herring, mackerel, now and then a crate of something that nobody had asked for. ';

/** So many tokens of prose; another `seed` shares no prefix with it. */
function promptOf(engine: Engine, tokens: number, seed: number): number[] {
  const text = `Chapter ${seed}. ${PARAGRAPH.repeat(Math.ceil(tokens / 30))}`;
  return engine.tokenize(text).slice(0, tokens);
}

async function withEngine<Result>(
  options: {
    modelPath: string;
    threads: number;
    sequences: number;
    contextTokens: number;
    snapshots?: { folder: string; budgetBytes: number };
  },
  use: (engine: Engine, loaded: LoadedLlama) => Promise<Result>,
): Promise<Result> {
  const loaded = await loadLlama({ modelId: 'bench', ...options });
  const scheduler = new StepScheduler(createLlamaBatchEngine(loaded), {
    maxQueued: 64,
    snapshots: loaded.snapshots,
  });
  const sampling = withDefaults({ temperature: 0.8, seed: 1 });
  const engine: Engine = {
    tokenize: (text) => loaded.vocabulary.tokenize(text),
    async generate(tokens, count, signal = new AbortController().signal) {
      const answer: number[] = [];
      const times: number[] = [];
      await scheduler.generate({
        tokens,
        settings: () => samplingSettings(sampling, answer),
        onToken: (token) => {
          times.push(performance.now());
          return answer.push(token) >= count;
        },
        deliver: () => undefined,
        signal,
        deadlineAt: Number.POSITIVE_INFINITY,
        priority: 0,
      });
      return times;
    },
  };
  try {
    return await use(engine, loaded);
  } finally {
    await scheduler.dispose();
    await loaded.dispose();
  }
}

/** How long a short new request waits for its first token while seven generate, in ms. */
export function schedulerAdmission(options: { modelPath: string; threads: number }): Promise<number> {
  return withEngine({ ...options, sequences: 8, contextTokens: 512 }, async (engine) => {
    const stop = new AbortController();
    const others = Array.from({ length: 7 }, (_, seed) =>
      engine.generate(promptOf(engine, 10, seed), 400, stop.signal),
    );
    const waits: number[] = [];
    for (let i = 0; i < 5; i++) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      const askedAt = performance.now();
      const [first = Number.NaN] = await engine.generate(promptOf(engine, 10, 100 + i), 1);
      waits.push(first - askedAt);
    }
    stop.abort();
    await Promise.all(others);
    return median(waits);
  });
}

/** The same through node-llama-cpp's own sequences, each running freely. */
export async function plainAdmission({ modelPath, threads }: { modelPath: string; threads: number }): Promise<number> {
  const llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, maxThreads: threads });
  try {
    const model = await llama.loadModel({ modelPath });
    const context = await model.createContext({ sequences: 8, contextSize: 512, threads });
    const prompt = model.tokenize('In the harbour of the old town');
    const late = context.getSequence();
    await late.evaluateWithoutGeneratingNewTokens(prompt);
    let stopped = false;
    const others = [0, 1, 2, 3, 4, 5, 6].map(async (seed) => {
      let left = 400;
      const sampling = { temperature: 0.8, seed, yieldEogToken: true };
      for await (const _ of context.getSequence().evaluate(prompt, sampling)) if (stopped || --left === 0) break;
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    const askedAt = performance.now();
    // A session's turn first gives the sequence its new prompt.
    await late.clearHistory();
    for await (const _ of late.evaluate(prompt, { temperature: 0.8, seed: 9, yieldEogToken: true })) break;
    const waitedMs = performance.now() - askedAt;
    stopped = true;
    await Promise.all(others);
    return waitedMs;
  } finally {
    await llama.dispose();
  }
}

/**
 * A prompt of 2,000 tokens arrives while three generate. `longest`: their longest pause between tokens from its arrival to its first
 * token; `usual`: their median pause before it came; all in ms.
 */
export function pausesDuringLongPrompt(options: {
  modelPath: string;
  threads: number;
}): Promise<{ longest: number; usual: number; firstTokenMs: number }> {
  return withEngine({ ...options, sequences: 4, contextTokens: 2560 }, async (engine) => {
    const stop = new AbortController();
    const others = Array.from({ length: 3 }, (_, seed) =>
      engine.generate(promptOf(engine, 20, seed), 2500, stop.signal),
    );
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const askedAt = performance.now();
    const [first = Number.NaN] = await engine.generate(promptOf(engine, 2000, 100), 1);
    stop.abort();
    const gaps = (await Promise.all(others)).flatMap((times) =>
      times.flatMap((time, i) => {
        const before = times[i - 1];
        return before === undefined ? [] : [{ before, time, ms: time - before }];
      }),
    );
    const during = gaps.filter(({ before, time }) => time >= askedAt && before <= first).map(({ ms }) => ms);
    const usual = median(gaps.filter(({ time }) => time < askedAt).map(({ ms }) => ms));
    return { longest: Math.max(...during), usual, firstTokenMs: first - askedAt };
  });
}

/**
 * First token at so many tokens of context, in ms: evaluated anew, when the conversation is still in the cache, and when an engine
 * that was started since loads its state from disk.
 */
export async function firstToken(options: {
  modelPath: string;
  threads: number;
  promptTokens: number;
}): Promise<{ cold: number; warm: number; fromSnapshot: number; prefillPerSecond: number }> {
  const { promptTokens } = options;
  const folder = await mkdtemp(join(tmpdir(), 'colloquy-bench-'));
  const settings = {
    ...options,
    sequences: 1,
    contextTokens: promptTokens + 128,
    snapshots: { folder, budgetBytes: 10e9 },
  };
  const longPrompt = (engine: Engine): number[] => promptOf(engine, promptTokens, 2);
  const followUp = (engine: Engine): number[] => [...longPrompt(engine), ...engine.tokenize('And then?')];
  try {
    const { cold, warm } = await withEngine(settings, async (engine) => {
      await warmUp(engine);
      return { cold: await timed(engine, longPrompt(engine)), warm: await timed(engine, followUp(engine)) };
    });
    const fromSnapshot = await withEngine(settings, async (engine) => {
      await warmUp(engine);
      return timed(engine, followUp(engine));
    });
    return { cold, warm, fromSnapshot, prefillPerSecond: promptTokens / (cold / 1000) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The first evaluation of all also pages the weights in. */
function warmUp(engine: Engine): Promise<unknown> {
  return engine.generate(engine.tokenize('Hello'), 1);
}

/** How long the first token after these takes, in ms. */
async function timed(engine: Engine, tokens: readonly number[]): Promise<number> {
  const askedAt = performance.now();
  const [first = Number.NaN] = await engine.generate(tokens, 1);
  return first - askedAt;
}
