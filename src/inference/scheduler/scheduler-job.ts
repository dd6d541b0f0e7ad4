import type { SampledLogprobs, SamplerGrammar, SamplingSettings, TokenSampler } from './batch-engine.js';
import type { GenerateProgress } from '../language-model.js';
import { ModelError } from '../model-error.js';

/** One answer to generate. A callback that throws fails only this request. */
export interface SchedulerRequest {
  /** Everything before the next token: at least one token, and fewer than the engine's context. */
  readonly tokens: readonly number[];
  /** Returns the settings for the token after those that `onToken` has received. */
  readonly settings: () => SamplingSettings;
  /** A grammar that the tokens given to `onToken` must follow. */
  readonly grammar?: SamplerGrammar;
  /** Receives a new token; returns true if the answer ends with it. */
  readonly onToken: (token: number, logprobs?: SampledLogprobs) => boolean;
  /** Called after `onToken`, while the engine computes, for work that need not delay the next token. */
  readonly deliver: () => void;
  /** Receives changes before the first token. */
  readonly onProgress?: ((progress: GenerateProgress) => void) | undefined;
  /** Cancels the request, and identifies it for `StepScheduler.progressOf`. */
  readonly signal: AbortSignal;
  /** Value of `performance.now()` at which the answer ends. */
  readonly deadlineAt: number;
  /** Requests with a higher priority are admitted first, equal ones in order of arrival. */
  readonly priority: number;
  /** Number of likeliest tokens to report to `onToken` with each token. Default: none, and not the chosen one's probability either. */
  readonly topLogprobs?: number;
  /** Identifies the conversation; see `forget`. */
  readonly cacheKey?: string;
  /** Saves a snapshot of the sequence once the answer has ended. */
  readonly snapshot?: boolean;
}

export interface SchedulerOutcome {
  /** `ended`: `onToken` returned true; `full`: the context window is full. */
  readonly reason: 'ended' | 'cancelled' | 'deadline' | 'full';
  /** Number of the request's tokens that needed no evaluation. */
  readonly cachedTokens: number;
}

/** A running request, from its arrival to its outcome. */
export class Job {
  cachedTokens = 0;
  /** The newest token, chosen but not evaluated yet. */
  newest: number | undefined;
  sampler: TokenSampler | undefined;
  /** Tokens chosen so far. */
  chosenTokens = 0;
  /** Set when its conversation was forgotten meanwhile, so that none of it is kept. */
  isForgotten = false;
  /** Set once a callback has thrown. */
  private fault: ModelError | undefined;
  private told: GenerateProgress | undefined;

  /** @param settle called once, by the code that removes the job from queue and sequence */
  constructor(
    readonly request: SchedulerRequest,
    readonly settle: (outcome: SchedulerOutcome | ModelError) => void,
  ) {}

  /** Why the request cannot continue; undefined if it can. */
  over(now: number): 'cancelled' | 'deadline' | ModelError | undefined {
    if (this.fault !== undefined) return this.fault;
    if (this.request.signal.aborted) return 'cancelled';
    return now >= this.request.deadlineAt ? 'deadline' : undefined;
  }

  /** Returns the callback's result; undefined if it throws, which ends the job. */
  call<T>(callback: () => T): T | undefined {
    try {
      return callback();
    } catch (error) {
      this.fault ??= failure('The answer could not be written', error);
      return undefined;
    }
  }

  outcome(reason: SchedulerOutcome['reason']): SchedulerOutcome | ModelError {
    return this.fault ?? { reason, cachedTokens: this.cachedTokens };
  }

  /** Reports progress to the request, unless it is unchanged. */
  tell(progress: GenerateProgress): void {
    const { told } = this;
    if (told?.step === progress.step && told.done === progress.done && told.total === progress.total) return;
    this.told = progress;
    this.call(() => this.request.onProgress?.(progress));
  }

  /** @param done number of the request's tokens that are read */
  tellRead(done: number): void {
    this.tell({ step: 'reading', done, total: this.request.tokens.length });
  }

  /** Whether the newest report to the request was a position in the queue. */
  get isToldToWait(): boolean {
    return this.told?.step === 'queued';
  }
}

/** The error of a request when the engine fails. */
export function engineFailure(cause: unknown): ModelError {
  return failure('The engine could not evaluate the prompt', cause);
}

function failure(what: string, cause: unknown): ModelError {
  if (cause instanceof ModelError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new ModelError('Model.Unavailable', `${what}: ${message}`, { cause, retryAfterMs: 1000 });
}
