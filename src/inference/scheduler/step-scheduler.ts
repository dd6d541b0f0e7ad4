/**
 * One file over 300 lines, because a single loop owns the queue, the sequences and the engine. After each `await` it must check the state
 * again, and the order of the steps between two awaits can only be verified when they are read together.
 */
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
  /** Maximum number of requests that wait for a sequence. */
  readonly maxQueued: number;
  readonly snapshots?: Snapshots;
}

/**
 * Shares one engine between requests, in rounds: each round evaluates one token of every running answer and at most one slice of one
 * prompt, in one batch. Between rounds the engine is idle; then requests are admitted and cancelled, and sequences copied, so that none of
 * these waits for another answer to end.
 *
 * Only one loop moves requests from the queue into sequences and out of them. While it awaits something, requests may arrive, be cancelled,
 * exceed their deadlines or be forgotten. Therefore it checks the state again after each `await`, and carries out each decision without
 * another one.
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
  /** Grows with all work of the engine. */
  private worked = 0;
  /** Grows with the steps of admissions, for which running answers wait. */
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
   * Progress of the requests with this signal, as a number that changes whenever one of them advances: a token is chosen, the prompt is
   * read further, or a request before it in the queue advances. Undefined if one of them is neither in the queue nor in a sequence, so that
   * nothing works on it. Without a signal, the progress of all work of the engine.
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
   * Drops the state of a conversation, in memory and on disk. If the conversation has running or waiting requests, their state is dropped
   * once they have ended.
   *
   * @throws errors of the snapshots
   */
  async forget(cacheKey: string): Promise<void> {
    if (!this.disposed) {
      await new Promise<void>((resolve) => {
        this.toForget.push({ cacheKey, done: resolve });
        this.wake();
      });
    }
    // The disposal may save a last state of this conversation.
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
    // To continue exactly as it would have, an answer needs its exact state: evaluating it again in a batch rounds logits differently.
    for (const slot of this.slots) await slot.save(slot.unfinished ? 1 : WORTH_SAVING_TOKENS);
    await this.engine.dispose();
  }

  private wake(): void {
    this.running ??= this.run();
  }

  private async run(): Promise<void> {
    // Requests made at the same moment share the first round.
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
        // If the loop ended here, nothing would wake it again. Therefore all requests fail instead.
        this.failAll(error);
      }
    }
    // There was no `await` since `hasWork` returned false, so a later request starts another loop.
    this.running = undefined;
  }

  private hasWork(): boolean {
    return (
      this.queue.length > 0 ||
      this.toForget.length > 0 ||
      this.slots.some(({ job, snapshotWanted }) => job !== undefined || snapshotWanted)
    );
  }

  /** Ends requests that were cancelled or exceed their deadlines. Runs between rounds, because the engine must be idle. */
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
      // If the store cannot be read, there are no snapshots for now.
      const stored = (await this.options.snapshots?.list().catch(() => [])) ?? [];
      this.admissionStep();
      this.reap();
      const taken = this.takeNext(stored);
      if (taken === undefined) return;
      await this.prepare(taken, stored);
    }
  }

  /** Gives a sequence to the request that is first in the queue at this moment. */
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

  /** Runs between rounds, because the engine must be idle. */
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
    // A request whose callback throws is ended by `reap`.
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

  /** After a failure, the content of the cache is unknown. */
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

  /** Removes the request from its sequence. The caller settles the request. */
  private release(slot: SequenceSlot): Job | undefined {
    const { job } = slot;
    if (job === undefined) return undefined;
    slot.job = undefined;
    slot.lastUsed = ++this.clock;
    ignoreFailure(() => job.sampler?.dispose());
    // Before the request has a sampler, the sequence still holds its previous content.
    if (job.sampler !== undefined) slot.snapshotWanted = job.request.snapshot ?? false;
    if (job.isForgotten && slot.cacheKey === job.request.cacheKey) ignoreFailure(() => slot.clear());
    return job;
  }
}

/** For actions that must not keep a request from its outcome: an engine that fails here also fails the next request. */
function ignoreFailure(action: () => void): void {
  try {
    action();
  } catch {
    // There is no way to handle this failure.
  }
}

/** A request that has just been given a sequence, and the content that the sequence needs. */
interface Admission {
  readonly slot: SequenceSlot;
  readonly job: Job;
  readonly choice: SequenceChoice;
}
