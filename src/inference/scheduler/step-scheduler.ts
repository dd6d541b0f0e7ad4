import type { BatchEngine, SampledToken } from './batch-engine.js';
import { ModelError } from '../model-error.js';
import { queueFull, RequestQueue } from './request-queue.js';
import { average, RoundCostMeter } from './round-cost-meter.js';
import { planBatch, type RoundStep } from './round-batch.js';
import { engineFailure, Job, type SchedulerOutcome, type SchedulerRequest } from './scheduler-job.js';
import { chooseSequence, type SequenceChoice } from './sequence-choice.js';
import { SequenceSlot, WORTH_SAVING_TOKENS, type Snapshots } from './sequence-slot.js';
import type { Snapshot } from '../snapshots/snapshot-store.js';

export interface StepSchedulerOptions {
  /** Requests that may wait for a sequence. */
  readonly maxQueued: number;
  readonly snapshots?: Snapshots;
}

/**
 * Shares one engine between requests, in rounds: each round evaluates one token of every answer under way and at most one
 * slice of one prompt, in one batch. Between rounds the engine is idle: that is when requests are admitted, cancelled and
 * sequences copied, so none of these waits for another's answer to end.
 *
 * One loop alone moves requests from the queue into sequences and out of them. Whatever it awaits, requests come, are cancelled, become
 * late and are forgotten meanwhile: after each `await` it looks again, and what it decides it does without one in between.
 */
export class StepScheduler {
  private readonly slots: SequenceSlot[];
  private readonly queue = new RequestQueue();
  /** Requests without an outcome: each is in the queue or in a sequence. */
  private readonly open = new Set<Job>();
  private readonly toForget: { readonly cacheKey: string; readonly done: () => void }[] = [];
  private running: Promise<void> | undefined;
  private disposal: Promise<void> | undefined;
  private disposed = false;
  private clock = 0;
  /** Grows with whatever the engine does for anybody. */
  private worked = 0;
  /** Grows with steps of admissions, for which answers under way wait. */
  private admissionSteps = 0;
  private readonly costs = new RoundCostMeter();
  private requestMs: number | undefined;

  constructor(
    private readonly engine: BatchEngine,
    private readonly options: StepSchedulerOptions,
  ) {
    this.slots = Array.from({ length: engine.sequences }, (_, id) => new SequenceSlot(id, engine, options.snapshots));
  }

  /** @throws {ModelError} `Model.Unavailable` when the queue is full, when the engine fails, or when a callback throws. */
  async generate(request: SchedulerRequest): Promise<SchedulerOutcome> {
    if (this.disposed || request.signal.aborted) return { reason: 'cancelled', cachedTokens: 0 };
    const free = this.slots.filter(({ job }) => job === undefined).length;
    if (this.queue.length - free >= this.options.maxQueued) {
      throw queueFull(this.queue.length, this.slots.length, this.requestMs);
    }
    const startedAt = performance.now();
    const outcome = await new Promise<SchedulerOutcome | ModelError>((resolve) => {
      const job = new Job(request, (settled) => {
        this.open.delete(job);
        resolve(settled);
      });
      this.open.add(job);
      this.queue.add(job);
      this.wake();
    });
    if (outcome instanceof ModelError) throw outcome;
    this.requestMs = average(this.requestMs, performance.now() - startedAt);
    return outcome;
  }

  /**
   * How far the requests with this signal are, as a number that changes whenever one of them has come further: a token is chosen, the
   * prompt is read on, whatever is before it in the queue goes on. Undefined when one of them is neither in the queue nor in a sequence:
   * nobody works on it. Without a signal it is of all that the engine does.
   */
  progressOf(signal?: AbortSignal): number | undefined {
    if (signal === undefined) return this.worked;
    let progress = 0;
    for (const job of this.open) {
      if (job.request.signal !== signal) continue;
      const isInSlot = this.slots.some((slot) => slot.job === job);
      if (!isInSlot && !this.queue.has(job)) return undefined;
      progress += job.newest === undefined ? this.worked : job.chosenTokens + this.admissionSteps;
    }
    return progress;
  }

  /**
   * Drops what is kept of a conversation, in memory and on disk. What is being answered, or waits for it, is dropped once that has ended.
   *
   * @throws what the snapshots throw
   */
  async forget(cacheKey: string): Promise<void> {
    if (!this.disposed) {
      await new Promise<void>((resolve) => {
        this.toForget.push({ cacheKey, done: resolve });
        this.wake();
      });
    }
    // It may save a last state of this conversation.
    await this.disposal;
    await this.options.snapshots?.forget(cacheKey);
  }

  /** Ends all requests as cancelled and frees the engine. */
  dispose(): Promise<void> {
    this.disposed = true;
    this.disposal ??= this.close();
    return this.disposal;
  }

  private async close(): Promise<void> {
    await this.running;
    // An answer goes on exactly as it would have only from exactly what it had: re-evaluated in a batch, logits round otherwise.
    for (const slot of this.slots) await slot.save(slot.unfinished ? 1 : WORTH_SAVING_TOKENS);
    await this.engine.dispose();
  }

  private wake(): void {
    this.running ??= this.run();
  }

  private async run(): Promise<void> {
    // Requests made in the same moment share the first round.
    await Promise.resolve();
    for (let turn = 0; this.hasWork(); turn++) {
      try {
        this.reap();
        this.forgetWanted();
        await this.saveWanted();
        await this.admit();
        this.queue.tellPlaces();
        await this.round(turn);
      } catch (error) {
        // Nobody would wake a loop that has ended this way.
        this.failAll(error);
      }
    }
    // No `await` since `hasWork` said no: whoever comes now starts another.
    this.running = undefined;
  }

  private hasWork(): boolean {
    return (
      this.queue.length > 0 ||
      this.toForget.length > 0 ||
      this.slots.some(({ job, snapshotWanted }) => job !== undefined || snapshotWanted)
    );
  }

  /** Ends what was cancelled or is late. Between rounds: the engine must be idle. */
  private reap(): void {
    const now = performance.now();
    const over = (job: Job) => (this.disposed ? 'cancelled' : job.over(now));
    for (const slot of this.slots) {
      const reason = slot.job && over(slot.job);
      if (reason instanceof ModelError) this.release(slot)?.settle(reason);
      else if (reason !== undefined) this.end(slot, reason);
    }
    for (const job of this.queue.jobs) {
      const reason = over(job);
      if (reason === undefined) continue;
      this.queue.remove(job);
      job.settle(reason instanceof ModelError ? reason : job.outcome(reason));
    }
  }

  private async admit(): Promise<void> {
    while (this.queue.length > 0 && this.slots.some(({ job }) => job === undefined)) {
      // A store that cannot be read has no snapshots for now.
      const stored = (await this.options.snapshots?.list().catch(() => [])) ?? [];
      this.admissionStep();
      this.reap();
      const taken = this.takeNext(stored);
      if (taken === undefined) return;
      await this.prepare(taken, stored);
    }
  }

  /** Gives the first request of the queue, as it is at this moment, a sequence. */
  private takeNext(stored: readonly Snapshot[]): Admission | undefined {
    const job = this.queue.first;
    if (job === undefined) return undefined;
    const states = this.slots.map(({ id, tokens, lastUsed, job: held }) => ({
      id,
      tokens,
      lastUsed,
      busy: held !== undefined,
    }));
    const choice = chooseSequence(job.request.tokens, states, stored);
    const slot = this.slots.find(({ id }) => id === choice?.id);
    if (choice === undefined || slot === undefined) return undefined;
    this.queue.remove(job);
    slot.job = job;
    return { slot, job, choice };
  }

  private async prepare({ slot, job, choice }: Admission, stored: readonly Snapshot[]): Promise<void> {
    const { tokens, cacheKey, grammar } = job.request;
    try {
      await slot.prepare(tokens, {
        cacheKey,
        copyFrom: this.slots.find(({ id }) => id === choice.copyFrom),
        load: stored.find(({ name }) => name === choice.load),
        onStep: () => this.admissionStep(),
        goesOn: () => {
          this.admissionStep();
          this.reap();
          return slot.job === job;
        },
      });
      if (slot.job !== job) return;
      job.cachedTokens = slot.tokens.length;
      job.sampler = this.engine.createSampler(grammar);
      if (job.isToldToWait) job.tellRead(job.cachedTokens);
    } catch (error) {
      this.fail(slot, error);
    }
  }

  private admissionStep(): void {
    this.admissionSteps++;
    this.worked++;
  }

  /** Between rounds: the engine must be idle. */
  private forgetWanted(): void {
    for (const { cacheKey, done } of this.toForget.splice(0)) {
      for (const job of this.open) if (job.request.cacheKey === cacheKey) job.isForgotten = true;
      for (const slot of this.slots) {
        if (slot.job === undefined && slot.cacheKey === cacheKey) ignoreFailure(() => slot.clear());
      }
      done();
    }
  }

  private async saveWanted(): Promise<void> {
    for (const slot of this.slots) {
      if (!slot.snapshotWanted) continue;
      slot.snapshotWanted = false;
      await slot.save();
      this.admissionStep();
    }
  }

  private async round(turn: number): Promise<void> {
    const { steps, ...round } = planBatch(this.slots, this.costs, { batchTokens: this.engine.batchTokens, turn });
    if (steps.length === 0) return;
    const startedAt = performance.now();
    const running = this.engine.run(steps.map(({ item }) => item));
    for (const { job } of steps) if (job.newest !== undefined) job.call(job.request.deliver);
    try {
      const chosen = await running;
      this.worked++;
      this.costs.record(performance.now() - startedAt, round);
      for (const [index, step] of steps.entries()) this.advance(step, chosen[index]);
    } catch (error) {
      for (const { slot } of steps) this.fail(slot, error);
    }
  }

  private advance({ slot, job, item }: RoundStep, sampled: SampledToken | undefined): void {
    slot.tokens.push(...item.tokens);
    if (sampled === undefined) {
      job.tellRead(slot.tokens.length);
      return;
    }
    job.newest = sampled.token;
    job.chosenTokens++;
    const { token, logprobs } = sampled;
    // One whose callback throws is reaped.
    if (job.call(() => job.request.onToken(token, logprobs)) === true) this.end(slot, 'ended');
    else if (slot.tokens.length >= this.engine.contextTokens) this.end(slot, 'full');
  }

  private end(slot: SequenceSlot, reason: SchedulerOutcome['reason']): void {
    const job = this.release(slot);
    if (job === undefined) return;
    if (job.sampler !== undefined) slot.unfinished = reason === 'cancelled';
    job.call(job.request.deliver);
    job.settle(job.outcome(reason));
  }

  /** What the cache holds after a failure is unknown. */
  private fail(slot: SequenceSlot, cause: unknown): void {
    const job = this.release(slot);
    ignoreFailure(() => slot.clear());
    job?.settle(engineFailure(cause));
  }

  private failAll(cause: unknown): void {
    for (const slot of this.slots) this.fail(slot, cause);
    for (const job of this.queue.jobs) {
      this.queue.remove(job);
      job.settle(engineFailure(cause));
    }
  }

  /** Takes the request out of its sequence. Whoever calls it settles the request. */
  private release(slot: SequenceSlot): Job | undefined {
    const { job } = slot;
    if (job === undefined) return undefined;
    slot.job = undefined;
    slot.lastUsed = ++this.clock;
    ignoreFailure(() => job.sampler?.dispose());
    // Until it has a sampler, the sequence holds what was there before.
    if (job.sampler !== undefined) slot.snapshotWanted = job.request.snapshot ?? false;
    if (job.isForgotten && slot.cacheKey === job.request.cacheKey) ignoreFailure(() => slot.clear());
    return job;
  }
}

/** For what must not keep a request from its outcome: an engine that fails here fails the next request as well. */
function ignoreFailure(action: () => void): void {
  try {
    action();
  } catch {
    // Nobody could do anything about it.
  }
}

/** A request that has just been given a sequence, and what that is to hold. */
interface Admission {
  readonly slot: SequenceSlot;
  readonly job: Job;
  readonly choice: SequenceChoice;
}
