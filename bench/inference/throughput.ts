import { getLlama } from 'node-llama-cpp';
import { withDefaults } from '../../src/domain/decoding.js';
import { createLlamaBatchEngine } from '../../src/inference/llama-batch-engine.js';
import { loadLlama } from '../../src/inference/load-llama.js';
import { samplingSettings } from '../../src/inference/sampling-settings.js';
import { StepScheduler } from '../../src/inference/step-scheduler.js';

export interface ThroughputOptions {
  readonly modelPath: string;
  readonly threads: number;
  readonly sequences: number;
  /** Tokens that each sequence generates. */
  readonly tokens: number;
}

const PROMPT = 'The capital of France is a city that';
const CONTEXT_TOKENS = 256;
const SAMPLING = withDefaults({ temperature: 0.8, repetitionPenalty: 1 });

/** Tokens a second of all sequences together, through our scheduler. */
export async function schedulerThroughput(options: ThroughputOptions): Promise<number> {
  const { modelPath, threads, sequences, tokens } = options;
  const loaded = await loadLlama({ modelId: 'bench', modelPath, threads, sequences, contextTokens: CONTEXT_TOKENS });
  const scheduler = new StepScheduler(createLlamaBatchEngine(loaded), { maxQueued: sequences });
  const generate = async (seed: number, count: number): Promise<void> => {
    const answer: number[] = [];
    await scheduler.generate({
      tokens: [...loaded.vocabulary.tokenize(PROMPT), 100 + seed],
      settings: () => samplingSettings({ ...SAMPLING, seed }, answer),
      onToken: (token) => answer.push(token) >= count,
      deliver: () => undefined,
      signal: new AbortController().signal,
      deadlineAt: Number.POSITIVE_INFINITY,
      priority: 0,
    });
  };
  const all = (count: number) => Promise.all(Array.from({ length: sequences }, (_, seed) => generate(seed, count)));
  try {
    await all(2);
    const startedAt = performance.now();
    await all(tokens);
    return perSecond(sequences * tokens, startedAt);
  } finally {
    await scheduler.dispose();
    await loaded.dispose();
  }
}

/** The same through node-llama-cpp's own `evaluate`, each sequence running freely. */
export async function plainThroughput(options: ThroughputOptions): Promise<number> {
  const { modelPath, threads, sequences, tokens } = options;
  const llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, maxThreads: threads });
  try {
    const model = await llama.loadModel({ modelPath });
    const context = await model.createContext({ sequences, contextSize: CONTEXT_TOKENS, threads });
    const prompt = model.tokenize(PROMPT);
    const slots = Array.from({ length: sequences }, () => context.getSequence());
    const all = (count: number) =>
      Promise.all(
        slots.map(async (sequence, seed) => {
          await sequence.clearHistory();
          let left = count;
          const sampling = { temperature: 0.8, seed, yieldEogToken: true };
          for await (const _ of sequence.evaluate(prompt, sampling)) if (--left === 0) break;
        }),
      );
    await all(2);
    const startedAt = performance.now();
    await all(tokens);
    return perSecond(sequences * tokens, startedAt);
  } finally {
    await llama.dispose();
  }
}

function perSecond(tokens: number, startedAt: number): number {
  return (tokens / (performance.now() - startedAt)) * 1000;
}
