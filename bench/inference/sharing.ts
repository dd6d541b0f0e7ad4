import { setTimeout as sleep } from 'node:timers/promises';
import { getLlama } from 'node-llama-cpp';
import { benchRow, median } from '../bench-row.js';
import type { BenchRow } from '../bench-row.js';
import { ask, counting, firstTokenMs, generateUntil, proseOf, withModel } from './product.js';
import type { BenchSetting } from './setting.js';

const THREADS = 1;

/** What requests that share the engine do to each other: admission, cancelling, a long prompt. */
export async function sharingRows({ modelPath, onNotice, signal }: BenchSetting): Promise<BenchRow[]> {
  onNotice('admission while seven generate');
  const admission = { value: await admissionMs(modelPath), baseline: await plainAdmissionMs(modelPath) };
  const rows = [
    benchRow(
      {
        id: 'sharing',
        what: 'first token of a new request while 7 generate, against plain node-llama-cpp',
        unit: 'ms',
        ...admission,
      },
      { of: 'value', atMost: 200 },
    ),
  ];
  if (signal.aborted) return rows;
  onNotice('cancelling beside three answers');
  const cancel = await cancelMs(modelPath);
  rows.push(
    benchRow(
      {
        id: 'sharing',
        what: 'from cancelling one of 4 answers until it has ended, longest of 10',
        value: cancel.ended,
        unit: 'ms',
      },
      { of: 'value', atMost: 100 },
    ),
    benchRow({
      id: '-',
      what: 'from then until the first token of the request that waited',
      value: cancel.next,
      unit: 'ms',
    }),
  );
  if (signal.aborted) return rows;
  onNotice('a prompt of 2,000 tokens beside three answers');
  const { longest, usual, firstToken } = await pausesDuringLongPrompt(modelPath);
  rows.push(
    benchRow(
      {
        id: 'sharing',
        what: 'longest pause of 3 answers while a prompt of 2,000 tokens comes in, against their median',
        value: longest,
        unit: 'ms',
        baseline: usual,
      },
      { of: 'ratio', atMost: 4 },
    ),
    benchRow({ id: '-', what: 'first token of that prompt', value: firstToken, unit: 'ms' }),
  );
  return rows;
}

/** How long a short new request waits for its first token while seven generate. */
function admissionMs(modelPath: string): Promise<number> {
  return withModel({ modelPath, threads: THREADS, sequences: 8, contextTokens: 512 }, async (model) => {
    const stop = new AbortController();
    const others = Array.from({ length: 7 }, (_, seed) => generateUntil(model, seed, stop.signal));
    await sleep(1500);
    const waits: number[] = [];
    for (let i = 0; i < 7; i++) {
      await sleep(200);
      waits.push(await firstTokenMs(model, `Say something about the number ${i}, please:`));
    }
    stop.abort();
    await Promise.all(others);
    return median(waits);
  });
}

/** The same through node-llama-cpp's own sequences, each running freely. */
async function plainAdmissionMs(modelPath: string): Promise<number> {
  const llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, maxThreads: THREADS });
  try {
    const model = await llama.loadModel({ modelPath });
    const context = await model.createContext({ sequences: 8, contextSize: 512, threads: THREADS });
    const prompt = model.tokenize('In the harbour of the old town');
    const late = context.getSequence();
    await late.evaluateWithoutGeneratingNewTokens(prompt);
    let stopped = false;
    const others = [0, 1, 2, 3, 4, 5, 6].map(async (seed) => {
      let left = 400;
      const sampling = { temperature: 0.8, seed, yieldEogToken: true };
      for await (const _ of context.getSequence().evaluate(prompt, sampling)) if (stopped || --left === 0) break;
    });
    await sleep(200);
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

/** All four sequences are busy and a fifth request waits: one is cancelled, its sequence becomes free, the fifth begins. */
function cancelMs(modelPath: string): Promise<{ readonly ended: number; readonly next: number }> {
  return withModel({ modelPath, threads: THREADS, sequences: 4, contextTokens: 512 }, async (model) => {
    const stop = new AbortController();
    const others = [0, 1, 2].map((seed) => generateUntil(model, seed, stop.signal));
    const ended: number[] = [];
    const next: number[] = [];
    for (let i = 0; i < 10; i++) {
      const cancelled = new AbortController();
      const running = ask(model, counting(10 + i, 400), cancelled.signal);
      while (running.times.length < 5) await sleep(20);
      const waiting = ask(model, counting(30 + i, 1));
      await sleep(50);
      const cancelledAt = performance.now();
      cancelled.abort();
      await running.result;
      const endedAt = performance.now();
      await waiting.result;
      ended.push(endedAt - cancelledAt);
      next.push((waiting.times[0] ?? performance.now()) - endedAt);
    }
    stop.abort();
    await Promise.all(others);
    return { ended: Math.max(...ended), next: median(next) };
  });
}

/**
 * A prompt of 2,000 tokens arrives while three generate. `longest`: their longest pause between tokens from its arrival to its
 * first token; `usual`: their median pause before it came; all in ms.
 */
function pausesDuringLongPrompt(modelPath: string) {
  return withModel({ modelPath, threads: THREADS, sequences: 4, contextTokens: 2560 }, async (model) => {
    const prompt = await proseOf(model, 2000, 100);
    const stop = new AbortController();
    const others = [0, 1, 2].map((seed) => generateUntil(model, seed, stop.signal));
    await sleep(3000);
    const askedAt = performance.now();
    const firstToken = await firstTokenMs(model, prompt);
    const firstAt = askedAt + firstToken;
    stop.abort();
    const pauses = (await Promise.all(others)).flat().flatMap((times) =>
      times.flatMap((time, i) => {
        const before = times[i - 1];
        return before === undefined ? [] : [{ before, time, ms: time - before }];
      }),
    );
    const during = pauses.filter(({ before, time }) => time >= askedAt && before <= firstAt).map(({ ms }) => ms);
    const usual = median(pauses.filter(({ time }) => time < askedAt).map(({ ms }) => ms));
    return { longest: Math.max(...during), usual, firstToken };
  });
}
