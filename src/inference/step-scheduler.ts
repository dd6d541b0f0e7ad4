import type {
  BatchEngine,
  BatchItem,
  SampledLogprobs,
  SampledToken,
  SamplerGrammar,
  SamplingSettings,
  TokenSampler,
} from './batch-engine.js';
import type { GenerateProgress } from './language-model.js';
import { ModelError } from './model-error.js';
import { planRound } from './round-plan.js';
import { chooseSequence, commonPrefixLength } from './sequence-choice.js';
import type { SnapshotStore } from './snapshot-store.js';

/** One answer to be generated. The callbacks must not throw. */
export interface SchedulerRequest {
  /** Everything before the next token, at least one and fewer than the engine's context. */
  readonly tokens: readonly number[];
  /** Settings for the token that follows those given to `onToken` so far. */
  readonly settings: () => SamplingSettings;
  /** What the tokens given to `onToken` must spell. */
  readonly grammar?: SamplerGrammar;
  /** Takes a new token; true when the answer ends with it. */
  readonly onToken: (token: number, logprobs?: SampledLogprobs) => boolean;
  /** Called after `onToken`, while the engine computes: the place for work that need not delay the next token. */
  readonly deliver: () => void;
  /** Told of changes while the first token is awaited. */
  readonly onProgress?: ((progress: GenerateProgress) => void) | undefined;
  readonly signal: AbortSignal;
  /** `performance.now()` after which the answer ends. */
  readonly deadlineAt: number;
  /** Higher ones are admitted first, equal ones in order of arrival. */
  readonly priority: number;
  /** How many of the likeliest tokens `onToken` is told with each. Default: none, nor the chosen one's probability. */
  readonly topLogprobs?: number;
  /** Whose conversation this is: see `forget`. */
  readonly cacheKey?: string;
  /** Keep a snapshot of the sequence once the answer has ended. */
  readonly snapshot?: boolean;
}

export interface StepSchedulerOptions {
  /** Requests that may wait for a sequence. */
  readonly maxQueued: number;
  /** Where states of sequences go that are pushed out, and come from again. */
  readonly snapshots?: Pick<SnapshotStore, 'list' | 'save' | 'load' | 'forget'>;
}

export interface SchedulerOutcome {
  /** `ended`: `onToken` said so; `full`: the context window is. */
  readonly reason: 'ended' | 'cancelled' | 'deadline' | 'full';
  /** Of the request's tokens, those that needed no evaluation. */
  readonly cachedTokens: number;
}

/** A sequence of the engine's KV cache. */
interface Slot {
  readonly id: number;
  /** Evaluated tokens, exactly those in the cache. */
  tokens: number[];
  lastUsed: number;
  /** Of the conversation that `tokens` are of. */
  cacheKey: string | undefined;
  job: Job | undefined;
  /** Its state is to be saved before the next round. */
  snapshotWanted: boolean;
  /** How many of `tokens` the newest snapshot of it holds. */
  savedTokens: number;
  /** Its newest answer was stopped in the middle, and may be gone on with. */
  unfinished: boolean;
}

interface Job {
  readonly request: SchedulerRequest;
  readonly settle: (outcome: SchedulerOutcome | ModelError) => void;
  cachedTokens: number;
  /** The newest token, chosen but not evaluated yet. */
  newest: number | undefined;
  sampler: TokenSampler | undefined;
}

/** A snapshot that holds this much more than what there is, is worth its disk space. */
const WORTH_SAVING_TOKENS = 64;
/** How much of a new measurement enters an average. */
const SMOOTHING = 0.2;
/** One round that the machine's other work held up counts as no more than so many usual ones. */
const LONGEST_COUNTED = 2;

/**
 * Shares one engine between requests, in rounds: each round evaluates one token of every answer under way and at most one
 * slice of one prompt, in one batch. Between rounds the engine is idle: that is when requests are admitted, cancelled and
 * sequences copied, so none of these waits for another's answer to end.
 */
export class StepScheduler {
  private readonly slots: Slot[];
  private readonly queue: Job[] = [];
  private readonly toForget: { readonly cacheKey: string; readonly done: () => void }[] = [];
  private running: Promise<void> | undefined;
  private disposed = false;
  private clock = 0;
  private generatingRoundMs: number | undefined;
  private prefillTokenMs: number | undefined;
  private requestMs: number | undefined;

  constructor(
    private readonly engine: BatchEngine,
    private readonly options: StepSchedulerOptions,
  ) {
    this.slots = Array.from({ length: engine.sequences }, (_, id) => ({
      id,
      tokens: [],
      lastUsed: 0,
      cacheKey: undefined,
      job: undefined,
      snapshotWanted: false,
      savedTokens: 0,
      unfinished: false,
    }));
  }

  /** @throws {ModelError} `Model.Unavailable` when the queue is full, or when the engine fails. */
  async generate(request: SchedulerRequest): Promise<SchedulerOutcome> {
    if (this.disposed || request.signal.aborted) return { reason: 'cancelled', cachedTokens: 0 };
    if (this.queue.length >= this.options.maxQueued) throw this.queueFull();
    const startedAt = performance.now();
    const outcome = await new Promise<SchedulerOutcome | ModelError>((resolve) => {
      const job: Job = { request, settle: resolve, cachedTokens: 0, newest: undefined, sampler: undefined };
      const after = this.queue.findIndex((other) => other.request.priority < request.priority);
      this.queue.splice(after < 0 ? this.queue.length : after, 0, job);
      this.running ??= this.run();
    });
    if (outcome instanceof ModelError) throw outcome;
    this.requestMs = average(this.requestMs, performance.now() - startedAt);
    return outcome;
  }

  /** Drops what is kept of a conversation, in memory and on disk. What is being answered is dropped when it is pushed out. */
  async forget(cacheKey: string): Promise<void> {
    if (this.disposed) return;
    await new Promise<void>((resolve) => {
      this.toForget.push({ cacheKey, done: resolve });
      this.running ??= this.run();
    });
    await this.options.snapshots?.forget(cacheKey);
  }

  /** Ends all requests as cancelled and frees the engine. */
  async dispose(): Promise<void> {
    if (this.disposed) return;
    this.disposed = true;
    await this.running;
    // An answer goes on exactly as it would have only from exactly what it had: re-evaluated in a batch, logits round otherwise.
    for (const slot of this.slots) await this.save(slot, slot.unfinished ? 1 : WORTH_SAVING_TOKENS);
    await this.engine.dispose();
  }

  private async run(): Promise<void> {
    // Requests made in the same moment share the first round.
    await Promise.resolve();
    let turn = 0;
    do {
      for (; this.reap(); turn++) {
        this.forgetWanted();
        await this.saveWanted();
        await this.admit();
        await this.round(turn);
      }
      this.forgetWanted();
      await this.saveWanted();
    } while (this.reap());
    this.running = undefined;
  }

  /** Ends what was cancelled or is late; false when nothing is left. */
  private reap(): boolean {
    const now = performance.now();
    const over = ({ request }: Job): SchedulerOutcome['reason'] | undefined => {
      if (this.disposed || request.signal.aborted) return 'cancelled';
      return now >= request.deadlineAt ? 'deadline' : undefined;
    };
    for (const slot of this.slots) {
      const reason = slot.job && over(slot.job);
      if (reason !== undefined) this.end(slot, reason);
    }
    const leaving = this.queue.filter((job) => over(job) !== undefined);
    for (const job of leaving) {
      this.queue.splice(this.queue.indexOf(job), 1);
      job.settle({ reason: over(job) ?? 'cancelled', cachedTokens: 0 });
    }
    return this.queue.length > 0 || this.slots.some(({ job }) => job !== undefined);
  }

  private async admit(): Promise<void> {
    for (let job = this.queue[0]; job !== undefined; job = this.queue[0]) {
      const { tokens } = job.request;
      const choice = chooseSequence(
        tokens,
        this.slots.map((slot) => ({ ...slot, busy: slot.job !== undefined })),
        this.slots.every((slot) => slot.job !== undefined) ? [] : await this.options.snapshots?.list(),
      );
      const slot = this.slots.find(({ id }) => id === choice?.id);
      if (choice === undefined || slot === undefined) return;
      this.queue.shift();
      slot.job = job;
      try {
        if (slot.tokens.length - commonPrefixLength(tokens, slot.tokens) >= WORTH_SAVING_TOKENS) await this.save(slot);
        if (choice.copyFrom !== undefined) await this.copy(choice.copyFrom, slot);
        if (choice.load !== undefined) await this.load(choice.load, slot, tokens);
        // At least one token must be evaluated: the next one's probabilities come from it.
        this.truncate(slot, Math.min(commonPrefixLength(tokens, slot.tokens), tokens.length - 1));
        slot.cacheKey = job.request.cacheKey;
        job.cachedTokens = slot.tokens.length;
        job.sampler = this.engine.createSampler(job.request.grammar);
      } catch (error) {
        this.fail(slot, error);
      }
    }
  }

  private async copy(from: number, slot: Slot): Promise<void> {
    const source = this.slots.find(({ id }) => id === from);
    if (source === undefined) return;
    slot.savedTokens = 0;
    slot.tokens = (await this.engine.copy(from, slot.id)) ? [...source.tokens] : [];
  }

  private async load(name: string, slot: Slot, tokens: readonly number[]): Promise<void> {
    const { snapshots } = this.options;
    const snapshot = (await snapshots?.list())?.find((one) => one.name === name);
    if (snapshots === undefined || snapshot === undefined) return;
    this.truncate(slot, 0);
    if (!(await snapshots.load(name, (path) => this.engine.load(slot.id, path)))) return;
    slot.tokens = [...snapshot.tokens];
    slot.savedTokens = commonPrefixLength(tokens, slot.tokens);
  }

  /** Between rounds: the engine must be idle. */
  private forgetWanted(): void {
    for (const { cacheKey, done } of this.toForget.splice(0)) {
      for (const slot of this.slots) {
        if (slot.cacheKey !== cacheKey) continue;
        slot.snapshotWanted = false;
        slot.cacheKey = undefined;
        if (slot.job === undefined) this.truncate(slot, 0);
      }
      done();
    }
  }

  private async saveWanted(): Promise<void> {
    for (const slot of this.slots) {
      if (!slot.snapshotWanted) continue;
      slot.snapshotWanted = false;
      await this.save(slot);
    }
  }

  /** Keeps a snapshot of a sequence, unless there is one that lacks little. */
  private async save(slot: Slot, worthTokens = WORTH_SAVING_TOKENS): Promise<void> {
    const { tokens } = slot;
    if (tokens.length - slot.savedTokens < worthTokens) return;
    await this.options.snapshots?.save(tokens, (path) => this.engine.save(slot.id, tokens, path), slot.cacheKey);
    slot.savedTokens = tokens.length;
  }

  private truncate(slot: Slot, length: number): void {
    slot.savedTokens = Math.min(slot.savedTokens, length);
    if (slot.tokens.length === length) return;
    slot.tokens = this.engine.truncate(slot.id, length) ? slot.tokens.slice(0, length) : [];
  }

  private async round(turn: number): Promise<void> {
    const busy = this.slots.flatMap((slot) => (slot.job === undefined ? [] : [{ slot, job: slot.job }]));
    if (busy.length === 0) return;
    const plan = planRound(
      busy.map(({ slot, job }) => ({
        id: slot.id,
        remainingPromptTokens: Math.max(0, job.request.tokens.length - slot.tokens.length),
        priority: job.request.priority,
      })),
      { generatingRoundMs: this.generatingRoundMs, prefillTokenMs: this.prefillTokenMs },
      { batchTokens: this.engine.batchTokens, turn },
    );
    const steps = busy.flatMap(({ slot, job }) => {
      const item = this.batchItem(slot, job, plan.prefill?.id === slot.id ? plan.prefill.tokens : 0);
      return item === undefined ? [] : [{ slot, job, item }];
    });
    const startedAt = performance.now();
    const running = this.engine.run(steps.map(({ item }) => item));
    for (const { job } of steps) if (job.newest !== undefined) job.request.deliver();
    try {
      const chosen = await running;
      this.measure(performance.now() - startedAt, plan.prefill?.tokens ?? 0, plan.generate.length);
      for (const [index, { slot, job, item }] of steps.entries()) this.advance(slot, job, item, chosen[index]);
    } catch (error) {
      // What the cache holds after a failed batch is unknown.
      for (const { slot } of steps) this.fail(slot, error);
    }
  }

  private batchItem(slot: Slot, job: Job, prefillTokens: number): BatchItem | undefined {
    const position = slot.tokens.length;
    const sample = () =>
      job.sampler && { sampler: job.sampler, settings: job.request.settings(), topLogprobs: job.request.topLogprobs };
    if (job.newest !== undefined) return { sequence: slot.id, position, tokens: [job.newest], sample: sample() };
    if (prefillTokens === 0) return undefined;
    const end = position + prefillTokens;
    const tokens = job.request.tokens.slice(position, end);
    return { sequence: slot.id, position, tokens, sample: end >= job.request.tokens.length ? sample() : undefined };
  }

  private advance(slot: Slot, job: Job, item: BatchItem, sampled: SampledToken | undefined): void {
    slot.tokens.push(...item.tokens);
    if (sampled === undefined) return;
    job.newest = sampled.token;
    if (job.request.onToken(sampled.token, sampled.logprobs)) this.end(slot, 'ended');
    else if (slot.tokens.length >= this.engine.contextTokens) this.end(slot, 'full');
  }

  private end(slot: Slot, reason: SchedulerOutcome['reason']): void {
    const job = this.release(slot);
    if (job === undefined) return;
    slot.unfinished = reason === 'cancelled';
    job.request.deliver();
    job.settle({ reason, cachedTokens: job.cachedTokens });
  }

  private fail(slot: Slot, cause: unknown): void {
    this.truncate(slot, 0);
    this.release(slot)?.settle(engineFailure(cause));
  }

  private release(slot: Slot): Job | undefined {
    const { job } = slot;
    slot.job = undefined;
    slot.lastUsed = ++this.clock;
    slot.snapshotWanted = job?.request.snapshot ?? false;
    job?.sampler?.dispose();
    return job;
  }

  private measure(roundMs: number, prefillTokens: number, generating: number): void {
    if (prefillTokens === 0) this.generatingRoundMs = average(this.generatingRoundMs, roundMs);
    else {
      const prefillMs = roundMs - (generating > 0 ? (this.generatingRoundMs ?? 0) : 0);
      if (prefillMs > 0) this.prefillTokenMs = average(this.prefillTokenMs, prefillMs / prefillTokens);
    }
  }

  private queueFull(): ModelError {
    const waitMs = ((this.requestMs ?? 1000) * this.queue.length) / this.slots.length;
    return new ModelError(
      'Model.Unavailable',
      `The model's queue is full: ${this.queue.length} requests wait for ${this.slots.length} sequences. Try again later.`,
      { retryAfterMs: Math.round(Math.min(60_000, Math.max(1000, waitMs))), details: { queued: this.queue.length } },
    );
  }
}

function average(sofar: number | undefined, measured: number): number {
  return sofar === undefined ? measured : sofar + SMOOTHING * (Math.min(measured, sofar * LONGEST_COUNTED) - sofar);
}

function engineFailure(cause: unknown): ModelError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new ModelError('Model.Unavailable', `The engine could not evaluate the prompt: ${message}`, {
    cause,
    retryAfterMs: 1000,
  });
}
