import assert from 'node:assert/strict';
import type * as fc from 'fast-check';
import { withDefaults } from '../../src/domain/decoding.js';
import { ModelError } from '../../src/inference/model-error.js';
import { samplingSettings } from '../../src/inference/answer/sampling-settings.js';
import type { SchedulerOutcome, SchedulerRequest } from '../../src/inference/scheduler/scheduler-job.js';
import { StepScheduler } from '../../src/inference/scheduler/step-scheduler.js';
import { nextToken, TrialEngine } from './trial-engine.js';

export type SchedulerEvent =
  | {
      readonly type: 'ask';
      readonly conversation: number;
      /** Tokens after its beginning and its name. */
      readonly tail: number;
      /** Tokens of the answer. */
      readonly count: number;
      readonly priority: number;
      readonly snapshot: boolean;
      readonly throws: 'onToken' | 'settings' | 'deliver' | 'onProgress' | 'grammar' | undefined;
    }
  | { readonly type: 'cancel' | 'late'; readonly request: number }
  | { readonly type: 'forget'; readonly conversation: number };

export interface TrialOptions {
  readonly sequences: number;
  readonly maxQueued: number;
  readonly hasSnapshots: boolean;
  readonly events: readonly SchedulerEvent[];
  readonly disposeAfter: number | undefined;
  readonly failures: readonly boolean[];
}

/** One request, and what is known of it. */
interface Asked {
  readonly request: SchedulerRequest;
  readonly controller: AbortController;
  readonly answer: number[];
  readonly throws: string | undefined;
  isLate: boolean;
  settled: SchedulerOutcome | ModelError | undefined;
}

type Ask = Extract<SchedulerEvent, { type: 'ask' }>;

const SETTINGS = samplingSettings(withDefaults(), []);
/** More than what makes a copy or a snapshot worth it. The last conversation shares its beginning with no other. */
const beginningOf = (conversation: number): number[] =>
  Array.from({ length: 70 }, (_, index) => index + (conversation === 2 ? 300 : 0));
/** The token that only this conversation's prompts have. */
const nameOf = (conversation: number): number => 1_000 + conversation;

/** Lets events happen to a scheduler, in between whatever it awaits, and checks what must always hold. */
export class SchedulerTrial {
  answered = 0;
  private readonly engine: TrialEngine;
  private readonly scheduler: StepScheduler;
  private readonly asked: Asked[] = [];
  private readonly calls: Promise<unknown>[] = [];
  private readonly faults: string[] = [];
  private readonly forgotten = new Set<number>();
  private placesBefore = new Map<SchedulerRequest, 'queue' | number>();
  private isDisposed = false;
  private done = 0;

  constructor(
    private readonly turns: fc.Scheduler,
    private readonly options: TrialOptions,
  ) {
    this.engine = new TrialEngine(turns, options.sequences, options.failures, {
      observe: () => this.observe(),
      fault: (what) => this.faults.push(what),
    });
    this.scheduler = new StepScheduler(this.engine, {
      maxQueued: options.maxQueued,
      ...(options.hasSnapshots && { snapshots: this.engine.snapshots }),
    });
  }

  /** @throws {AssertionError} of what did not hold */
  async run(): Promise<void> {
    this.turns.scheduleSequence(
      this.options.events.map((event) => ({ label: JSON.stringify(event), builder: async () => this.happen(event) })),
    );
    await this.untilIdle();
    this.checkEnd();
    if (!this.isDisposed) this.dispose();
    await this.untilIdle();
    assert.equal(this.done, this.calls.length, 'a call of forget or dispose never ended');
    assert.deepEqual(this.faults, []);
  }

  private async untilIdle(): Promise<void> {
    for (;;) {
      // All that needs nothing but time has happened.
      await nextCycle();
      this.checkAlive();
      assert.deepEqual(this.faults, []);
      if (this.turns.count() === 0) return;
      await this.turns.waitNext(1);
    }
  }

  private happen(event: SchedulerEvent): void {
    this.observe();
    if (event.type === 'ask') this.ask(event);
    else if (event.type === 'forget') this.forget(event.conversation);
    else {
      const asked = this.asked[event.request];
      if (asked !== undefined && event.type === 'cancel') asked.controller.abort();
      else if (asked !== undefined) asked.isLate = true;
    }
    if (this.options.disposeAfter === this.options.events.indexOf(event)) this.dispose();
    this.observe();
  }

  private ask({ conversation, tail, count, priority, snapshot, throws }: Ask): void {
    this.forgotten.delete(conversation);
    const controller = new AbortController();
    const answer: number[] = [];
    const call = (name: string): void => {
      if (asked.settled !== undefined) this.faults.push(`${name} was called after the end`);
      if (throws === name) throw new Error(`${name} throws`);
    };
    const request: SchedulerRequest = {
      tokens: [
        ...beginningOf(conversation),
        nameOf(conversation),
        ...Array.from({ length: tail }, (_, index) => 100 + index),
      ],
      settings: () => {
        call('settings');
        return SETTINGS;
      },
      onToken: (token) => {
        call('onToken');
        if (token !== nextToken([...request.tokens, ...answer])) this.faults.push('a token follows other text');
        return answer.push(token) >= count;
      },
      deliver: () => call('deliver'),
      onProgress: ({ step, done, total }) => {
        call('onProgress');
        const [least, most] = step === 'queued' ? [1, total] : [0, request.tokens.length];
        if (done < least || done > most) this.faults.push(`${step} ${done} of ${total}`);
      },
      ...(throws === 'grammar' && { grammar: { source: 'none', accepted: [] } }),
      signal: controller.signal,
      get deadlineAt() {
        return asked.isLate ? 0 : Number.POSITIVE_INFINITY;
      },
      priority,
      cacheKey: String(conversation),
      snapshot,
    };
    const asked: Asked = { request, controller, answer, throws, isLate: false, settled: undefined };
    this.asked.push(asked);
    void this.scheduler.generate(request).then(
      (outcome) => this.settle(asked, outcome),
      (error: unknown) => this.settle(asked, error instanceof ModelError ? error : new ModelError('Model.Crashed', '')),
    );
  }

  private settle(asked: Asked, outcome: SchedulerOutcome | ModelError): void {
    if (asked.settled !== undefined) this.faults.push('settled twice');
    asked.settled = outcome;
    this.answered++;
    const { answer, request, throws } = asked;
    if (outcome instanceof ModelError) {
      const isExpected =
        throws !== undefined || this.engine.hasFailed || outcome.message.includes('queue is full') || this.isDisposed;
      if (outcome.type !== 'Model.Unavailable' || !isExpected) this.faults.push(`failed: ${outcome.message}`);
    } else if (outcome.reason === 'cancelled' && !request.signal.aborted && !this.isDisposed) {
      this.faults.push('cancelled by nobody');
    } else if (outcome.reason === 'deadline' && !asked.isLate) this.faults.push('late for no reason');
    else if (outcome.reason === 'ended' && answer.length === 0) this.faults.push('ended without a token');
    else if (outcome.cachedTokens >= request.tokens.length) this.faults.push('all of a prompt was cached');
  }

  private forget(conversation: number): void {
    this.forgotten.add(conversation);
    this.await(this.scheduler.forget(String(conversation)).catch(() => this.forgotten.delete(conversation)));
  }

  private dispose(): void {
    this.isDisposed = true;
    this.await(this.scheduler.dispose());
    this.await(this.scheduler.dispose().then(() => assert(this.engine.disposed, 'disposed of before the engine was')));
  }

  private await(call: Promise<unknown>): void {
    this.calls.push(
      call.then(
        () => this.done++,
        (error: unknown) => this.faults.push(`a call failed: ${String(error)}`),
      ),
    );
  }

  /** Called wherever something begins or ends: between two calls, the scheduler has decided at most one thing. */
  private observe(): void {
    const places = new Map<SchedulerRequest, 'queue' | number>();
    const place = (request: SchedulerRequest, where: 'queue' | number): void => {
      if (places.has(request)) this.faults.push('a request is in two places');
      places.set(request, where);
    };
    for (const { request } of this.scheduler['queue'].jobs) place(request, 'queue');
    for (const { id, job } of this.scheduler['slots']) if (job !== undefined) place(job.request, id);
    for (const [request, where] of places) {
      const isAdmitted = where !== 'queue' && this.placesBefore.get(request) === 'queue';
      if (!isAdmitted) continue;
      for (const [other, there] of places) {
        const hasWaited = there === 'queue' && this.placesBefore.get(other) === 'queue';
        if (hasWaited && other.priority > request.priority) this.faults.push('a lower priority went first');
      }
    }
    this.placesBefore = places;
  }

  /** Who has no outcome is somewhere; who has one is nowhere. */
  private checkAlive(): void {
    this.observe();
    this.checkNames();
    for (const { request, settled } of this.asked) {
      const isSomewhere = this.placesBefore.has(request);
      assert.equal(isSomewhere, settled === undefined, settled ? 'settled, and still there' : 'lost');
      assert.notEqual(this.scheduler.progressOf(request.signal), undefined);
    }
  }

  /** What a free sequence holds is of the conversation that it is told to be of: `forget` finds it by that. */
  private checkNames(): void {
    for (const { job, tokens, cacheKey } of this.scheduler['slots']) {
      const names = tokens.filter((token) => token >= nameOf(0) && token <= nameOf(2));
      if (job === undefined && names.some((name) => cacheKey !== String(name - nameOf(0)))) {
        this.faults.push('a conversation under the name of another');
      }
    }
  }

  private checkEnd(): void {
    assert.equal(this.scheduler['running'], undefined, 'the loop goes on');
    assert(
      this.asked.every(({ settled }) => settled !== undefined),
      'a request has no outcome',
    );
    assert.equal(this.engine.samplers, 0, 'a sampler leaks');
    assert.equal(this.done, this.calls.length, 'a call of forget or dispose never ended');
    for (const slot of this.scheduler['slots']) {
      assert.equal(slot.job, undefined, 'a sequence is not free');
      if (!this.isDisposed)
        assert.deepEqual(slot.tokens, this.engine.holds(slot.id), 'a cache that holds something else');
    }
    for (const conversation of this.forgotten) {
      const kept = [...this.engine.stored.values()].map(({ tokens }) => tokens);
      if (!this.isDisposed) kept.push(...this.scheduler['slots'].map(({ tokens }) => tokens));
      assert(!kept.some((tokens) => tokens.includes(nameOf(conversation))), 'a forgotten conversation is kept');
    }
  }
}

function nextCycle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
