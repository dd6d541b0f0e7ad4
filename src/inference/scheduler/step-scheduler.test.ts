import { readFile, writeFile } from 'node:fs/promises';
import { setImmediate as nextCycle, setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { withDefaults } from '../../domain/decoding.js';
import type { BatchEngine, BatchItem, SampledToken } from './batch-engine.js';
import type { GenerateProgress } from '../language-model.js';
import { ModelError } from '../model-error.js';
import { samplingSettings } from '../answer/sampling-settings.js';
import type { SchedulerRequest } from './scheduler-job.js';
import { StepScheduler } from './step-scheduler.js';

/**
 * An engine whose next token is the previous one plus one. It keeps a cache like llama.cpp's and, like it, fails on a batch that does not
 * continue the cache.
 */
class CountingEngine implements BatchEngine {
  readonly batches: (readonly BatchItem[])[] = [];
  readonly copies: (readonly [from: number, to: number])[] = [];
  readonly batchTokens = 64;
  samplers = 0;
  disposed = false;
  failNext: Error | undefined;
  private readonly cache: number[][];

  constructor(
    readonly sequences: number,
    readonly contextTokens = 200,
  ) {
    this.cache = Array.from({ length: sequences }, () => []);
  }

  async run(items: readonly BatchItem[]): Promise<(SampledToken | undefined)[]> {
    this.batches.push(items);
    await sleep(1);
    const { failNext } = this;
    this.failNext = undefined;
    if (failNext !== undefined) throw failNext;
    return items.map(({ sequence, position, tokens, sample }) => {
      const held = this.held(sequence);
      if (position !== held.length) throw new Error(`sequence ${sequence} has ${held.length} tokens, not ${position}`);
      held.push(...tokens);
      if (held.length > this.contextTokens) throw new Error(`sequence ${sequence} is over its context`);
      return sample && { token: (tokens.at(-1) ?? 0) + 1 };
    });
  }

  truncate(sequence: number, length: number): boolean {
    this.held(sequence).length = length;
    return true;
  }

  async copy(from: number, to: number): Promise<boolean> {
    this.copies.push([from, to]);
    this.held(to).splice(0, Infinity, ...this.held(from));
    return true;
  }

  async save(sequence: number, tokens: readonly number[], path: string): Promise<void> {
    if (tokens.length !== this.held(sequence).length) throw new Error('what is saved is not what the sequence holds');
    await writeFile(path, JSON.stringify(this.held(sequence)));
  }

  async load(sequence: number, path: string): Promise<void> {
    const tokens: unknown = JSON.parse(await readFile(path, 'utf8'));
    this.held(sequence).splice(0, Infinity, ...(Array.isArray(tokens) ? tokens : []));
  }

  createSampler() {
    this.samplers++;
    return { dispose: () => void this.samplers-- };
  }

  async dispose(): Promise<void> {
    this.disposed = true;
  }

  private held(sequence: number): number[] {
    const held = this.cache[sequence];
    if (held === undefined) throw new Error(`no sequence ${sequence}`);
    return held;
  }
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await nextCycle();
}

const SETTINGS = samplingSettings(withDefaults(), []);

describe('the step scheduler', () => {
  let engine: CountingEngine;
  let scheduler: StepScheduler;

  function start(sequences: number, options: { maxQueued?: number; contextTokens?: number } = {}): void {
    engine = new CountingEngine(sequences, options.contextTokens);
    scheduler = new StepScheduler(engine, { maxQueued: options.maxQueued ?? 10 });
  }

  function ask(tokens: readonly number[], count: number, rest: Partial<SchedulerRequest> = {}) {
    const answer: number[] = [];
    let delivered = 0;
    const outcome = scheduler.generate({
      tokens,
      settings: () => SETTINGS,
      onToken: (token) => answer.push(token) >= count,
      deliver: () => void (delivered = answer.length),
      signal: new AbortController().signal,
      deadlineAt: Number.POSITIVE_INFINITY,
      priority: 0,
      ...rest,
    });
    return { answer, outcome, delivered: () => delivered };
  }

  afterEach(async () => {
    await scheduler.dispose();
  });

  it('answers, and delivers everything before it ends', async () => {
    start(1);
    const { answer, outcome, delivered } = ask([1, 2, 3], 4);
    await expect(outcome).resolves.toEqual({ reason: 'ended', cachedTokens: 0 });
    expect(answer).toEqual([4, 5, 6, 7]);
    expect(delivered()).toBe(4);
  });

  it('evaluates one token of each answer a round, in one batch', async () => {
    start(3);
    const all = [10, 20, 30].map((token) => ask([token], 5));
    await Promise.all(all.map(({ outcome }) => outcome));
    const generating = engine.batches.filter((batch) => batch.length === 3);
    expect(generating.length).toBeGreaterThanOrEqual(2);
    expect(engine.batches.every((batch) => batch.every(({ tokens }) => tokens.length === 1))).toBe(true);
    expect(engine.batches.length).toBeLessThanOrEqual(8);
  });

  it('evaluates a long prompt in slices, beside which the others get their tokens', async () => {
    start(3);
    const others = [ask([1], 150), ask([100], 150)];
    await until(() => others.every(({ answer }) => answer.length > 3));
    const long = ask(range(300, 450), 1);
    await Promise.all([...others, long].map(({ outcome }) => outcome));
    const slices = engine.batches.filter((batch) => batch.some(({ tokens }) => tokens.length > 1));
    expect(slices.length).toBeGreaterThan(1);
    for (const slice of slices) expect(slice.filter(({ tokens }) => tokens.length === 1)).toHaveLength(2);
    expect(long.answer).toEqual([450]);
  });

  it('evaluates of a continued conversation only what is new', async () => {
    start(2);
    const first = ask(range(0, 20), 5);
    await first.outcome;
    // The last token of the answer was chosen but never evaluated.
    const { outcome } = ask([...range(0, 25), 99], 1);
    await expect(outcome).resolves.toMatchObject({ cachedTokens: 24 });
  });

  it('evaluates at least one token of a prompt that it holds wholly', async () => {
    start(1);
    await ask(range(0, 20), 1).outcome;
    const again = ask(range(0, 20), 1);
    await expect(again.outcome).resolves.toMatchObject({ cachedTokens: 19 });
    expect(again.answer).toEqual([20]);
  });

  it('copies a long common beginning from a sequence that is busy', async () => {
    start(2);
    const first = ask(range(0, 100), 30);
    await until(() => first.answer.length > 1);
    const second = ask([...range(0, 80), 500], 2);
    await expect(second.outcome).resolves.toMatchObject({ cachedTokens: 80 });
    expect(engine.copies).toEqual([[0, 1]]);
    expect(second.answer).toEqual([501, 502]);
    await first.outcome;
  });

  it('serves higher priority first, then in order of arrival', async () => {
    start(1);
    const order: string[] = [];
    const named = (name: string, priority: number) =>
      ask([1], 2, { priority }).outcome.then(() => void order.push(name));
    const first = ask([7], 5);
    await until(() => first.answer.length > 0);
    await Promise.all([named('background', -1), named('a', 0), named('b', 0), named('urgent', 5)]);
    expect(order).toEqual(['urgent', 'a', 'b', 'background']);
  });

  it('answers a request that comes while one of lower priority is being admitted', async () => {
    const nothing = { save: async () => {}, load: async () => false, forget: async () => {} };
    engine = new CountingEngine(1);
    scheduler = new StepScheduler(engine, { maxQueued: 10, snapshots: { ...nothing, list: () => sleep(10, []) } });
    const order: string[] = [];
    const summary = ask([1], 2, { priority: -1 }).outcome.then(() => void order.push('summary'));
    await sleep(3);
    const turn = ask([5], 2).outcome.then(() => void order.push('turn'));
    await Promise.all([summary, turn]);
    expect(order).toEqual(['turn', 'summary']);
  });

  it('tells places in the queue, and how much of a prompt is read', async () => {
    start(1);
    const told = (into: string[]) => ({
      onProgress: ({ step, done, total }: GenerateProgress) => void into.push(`${step} ${done}/${total}`),
    });
    const [first, second, third] = [[], [], []] as [string[], string[], string[]];
    const running = ask(range(0, 100), 3, told(first));
    await until(() => running.answer.length > 0);
    const waiting = [ask([1], 1, told(second)).outcome, ask([2], 1, { ...told(third), priority: 1 }).outcome];
    await Promise.all([running.outcome, ...waiting]);
    expect(first.at(0)).toMatch(/^reading \d+\/100$/u);
    expect(second).toEqual(['queued 2/2', 'queued 1/1', 'reading 0/1']);
    expect(third).toEqual(['queued 1/2', 'reading 0/1']);
  });

  it('refuses what its queue has no room for, saying when to come back', async () => {
    start(1, { maxQueued: 1 });
    const running = ask([1], 20);
    await until(() => running.answer.length > 0);
    const queued = ask([1], 1);
    const refused = ask([1], 1).outcome;
    await expect(refused).rejects.toBeInstanceOf(ModelError);
    await expect(refused).rejects.toMatchObject({ type: 'Model.Unavailable', options: { retryAfterMs: 1000 } });
    await Promise.all([running.outcome, queued.outcome]);
  });

  it('stops a cancelled answer within a token and gives its sequence to the next', async () => {
    start(1);
    const controller = new AbortController();
    const running = ask([1], 150, { signal: controller.signal });
    const next = ask([50], 1);
    await until(() => running.answer.length > 2);
    const before = running.answer.length;
    controller.abort();
    await expect(running.outcome).resolves.toMatchObject({ reason: 'cancelled' });
    expect(running.answer.length - before).toBeLessThanOrEqual(1);
    await expect(next.outcome).resolves.toMatchObject({ reason: 'ended' });
  });

  it('ends what waits when it is cancelled or late, without the engine', async () => {
    start(1);
    const controller = new AbortController();
    const running = ask([1], 60);
    const cancelled = ask([5], 1, { signal: controller.signal });
    const late = ask([5], 1, { deadlineAt: performance.now() + 20 });
    controller.abort();
    await expect(cancelled.outcome).resolves.toMatchObject({ reason: 'cancelled' });
    await expect(late.outcome).resolves.toMatchObject({ reason: 'deadline' });
    expect(cancelled.answer).toEqual([]);
    await running.outcome;
  });

  it('ends an answer that fills the context', async () => {
    start(1, { contextTokens: 10 });
    const { answer, outcome } = ask(range(0, 6), 100);
    await expect(outcome).resolves.toMatchObject({ reason: 'full' });
    expect(answer).toEqual([6, 7, 8, 9, 10]);
  });

  it('fails the requests of a failed batch, retryably, and goes on with clean sequences', async () => {
    start(2);
    const running = ask(range(0, 10), 50);
    await until(() => running.answer.length > 2);
    engine.failNext = new Error('no slot');
    await expect(running.outcome).rejects.toMatchObject({ type: 'Model.Unavailable' });
    await expect(ask(range(0, 12), 2).outcome).resolves.toEqual({ reason: 'ended', cachedTokens: 0 });
  });

  it('forgets a conversation, and keeps the others', async () => {
    start(2);
    const cachedTokens = async (tokens: readonly number[], cacheKey: string) =>
      (await ask(tokens, 1, { cacheKey }).outcome).cachedTokens;
    await cachedTokens(range(1, 21), 'a');
    await cachedTokens(range(100, 120), 'b');
    await scheduler.forget('a');
    expect(await cachedTokens(range(1, 21), 'a')).toBe(0);
    expect(await cachedTokens(range(100, 120), 'b')).toBe(19);
    await scheduler.dispose();
    await expect(scheduler.forget('b')).resolves.toBeUndefined();
  });

  it('ends everything as cancelled when disposed of', async () => {
    start(1);
    const all = [ask([1], 150), ask([2], 150)];
    await scheduler.dispose();
    for (const { outcome } of all) await expect(outcome).resolves.toMatchObject({ reason: 'cancelled' });
    expect(engine).toMatchObject({ disposed: true, samplers: 0 });
    await expect(ask([3], 1).outcome).resolves.toMatchObject({ reason: 'cancelled' });
  });
});
