import { execFileSync } from 'node:child_process';
import type { GenerateRequest, GenerateResult, LanguageModel } from '../../src/inference/language-model.js';
import {
  openNodeLlamaCppModel,
  type NodeLlamaCppModelOptions,
} from '../../src/inference/process/node-llama-cpp-model.js';

type Sizes = Pick<NodeLlamaCppModelOptions, 'modelPath' | 'threads' | 'sequences' | 'contextTokens' | 'snapshots'>;

/** Opens the model as a worker does, in its engine's own process on the CPU, and closes it after `use`. */
export async function withModel<Result>(sizes: Sizes, use: (model: LanguageModel) => Promise<Result>): Promise<Result> {
  const model = await openNodeLlamaCppModel({ modelId: 'bench', gpu: false, ...sizes });
  try {
    return await use(model);
  } finally {
    await model.dispose();
  }
}

/** Memory of the engine's process, in MiB; this process must have but one. */
export function engineMemory(): number {
  const table = execFileSync('ps', ['-eo', 'ppid=,rss=,args='], { encoding: 'utf8' });
  const engine = table
    .split('\n')
    .find((line) => line.trim().startsWith(`${process.pid} `) && line.includes('engine-process'));
  return Number(engine?.trim().split(/\s+/)[1]) / 1024;
}

/** A request whose answer does not end by itself: the model goes on counting. */
export function counting(seed: number, maxOutputTokens: number): GenerateRequest {
  return {
    prompt: { type: 'text', text: `List ${seed}: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,` },
    maxOutputTokens,
    decoding: { temperature: 0.3, seed, repetitionPenalty: 1, repetitionLimit: 0 },
  };
}

export interface Timed {
  /** When each of its tokens came, by `performance.now()`. */
  readonly times: number[];
  readonly askedAt: number;
  readonly result: Promise<GenerateResult>;
}

export function ask(model: LanguageModel, request: GenerateRequest, signal = new AbortController().signal): Timed {
  const times: number[] = [];
  const askedAt = performance.now();
  const onDelta = ({ tokens }: { readonly tokens: readonly number[] }): void => {
    const now = performance.now();
    for (const _ of tokens) times.push(now);
  };
  return { times, askedAt, result: model.generate(request, { signal, onDelta }) };
}

/** Generates until told to stop, an answer after another; gives the times of each answer's tokens. */
export async function generateUntil(model: LanguageModel, seed: number, stop: AbortSignal): Promise<number[][]> {
  const answers: number[][] = [];
  while (!stop.aborted) {
    const { times, result } = ask(model, counting(seed, 400), stop);
    answers.push(times);
    await result;
  }
  return answers;
}

/** Milliseconds until the first token of a prompt. */
export async function firstTokenMs(model: LanguageModel, text: string): Promise<number> {
  const { askedAt, times, result } = ask(model, { prompt: { type: 'text', text }, maxOutputTokens: 1 });
  await result;
  return (times[0] ?? performance.now()) - askedAt;
}

const PARAGRAPH =
  'In the harbour of the old town the boats came back before noon, and whoever had time went down to the quay to see what they ' +
  'brought: herring, mackerel, now and then a crate of something that nobody had asked for. ';

/** Prose of at least so many tokens, and less than a paragraph more; another `seed` shares no prefix with it. */
export async function proseOf(model: LanguageModel, tokens: number, seed: number): Promise<string> {
  const one = await model.countPromptTokens({ type: 'text', text: PARAGRAPH });
  let text = `Chapter ${seed}. `;
  for (let i = 0; i < tokens / one; i++) text += PARAGRAPH;
  return text;
}
