import type { SampledLogprobs, SamplerGrammar, SamplingSettings, TokenSampler } from './batch-engine.js';
import type { GenerateProgress } from '../language-model.js';
import { ModelError } from '../model-error.js';

/** One answer to be generated. A callback that throws fails this request, and no other. */
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
  /** Cancels the request. `StepScheduler.progressOf` knows requests by it. */
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

export interface SchedulerOutcome {
  /** `ended`: `onToken` said so; `full`: the context window is. */
  readonly reason: 'ended' | 'cancelled' | 'deadline' | 'full';
  /** Of the request's tokens, those that needed no evaluation. */
  readonly cachedTokens: number;
}

/** A request under way, from its arrival to its outcome. */
export class Job {
  cachedTokens = 0;
  /** The newest token, chosen but not evaluated yet. */
  newest: number | undefined;
  sampler: TokenSampler | undefined;
  /** Tokens chosen so far. */
  chosenTokens = 0;
  /** Its conversation was forgotten meanwhile: nothing of it is kept. */
  isForgotten = false;
  /** Set once a callback has thrown. */
  private fault: ModelError | undefined;
  private told: GenerateProgress | undefined;

  /** @param settle called once, by whoever takes the job out of queue and sequence */
  constructor(
    readonly request: SchedulerRequest,
    readonly settle: (outcome: SchedulerOutcome | ModelError) => void,
  ) {}

  /** Why it cannot go on; undefined when it can. */
  over(now: number): 'cancelled' | 'deadline' | ModelError | undefined {
    if (this.fault !== undefined) return this.fault;
    if (this.request.signal.aborted) return 'cancelled';
    return now >= this.request.deadlineAt ? 'deadline' : undefined;
  }

  /** What a callback gives; undefined when it throws: the job is over then. */
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

  /** Tells the request where it is, unless it knows. */
  tell(progress: GenerateProgress): void {
    const { told } = this;
    if (told?.step === progress.step && told.done === progress.done && told.total === progress.total) return;
    this.told = progress;
    this.call(() => this.request.onProgress?.(progress));
  }

  /** @param done tokens that are read of the request's */
  tellRead(done: number): void {
    this.tell({ step: 'reading', done, total: this.request.tokens.length });
  }

  /** It was told a place in the queue, and nothing since. */
  get isToldToWait(): boolean {
    return this.told?.step === 'queued';
  }
}

/** What a request fails with when the engine does. */
export function engineFailure(cause: unknown): ModelError {
  return failure('The engine could not evaluate the prompt', cause);
}

function failure(what: string, cause: unknown): ModelError {
  if (cause instanceof ModelError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new ModelError('Model.Unavailable', `${what}: ${message}`, { cause, retryAfterMs: 1000 });
}
