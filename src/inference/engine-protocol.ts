import type {
  BeamSearchRequest,
  BeamSearchResult,
  GenerateRequest,
  GenerateResult,
  Prompt,
  TextDelta,
} from './language-model.js';
import type { InProcessModelOptions } from './in-process-model.js';
import { ModelError, type ModelFailureType } from './model-error.js';

/** What the engine's process is told. `id` is the caller's, unique among running requests. */
export type EngineCommand =
  /** Once, first. */
  | { readonly type: 'open'; readonly options: EngineOptions }
  | {
      readonly type: 'generate';
      readonly id: number;
      readonly request: GenerateRequest;
      /** Cancelled before it was sent: a `cancel` would come a token late. */
      readonly cancelled: boolean;
    }
  | {
      readonly type: 'search';
      readonly id: number;
      readonly request: BeamSearchRequest;
      readonly cancelled: boolean;
    }
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'count'; readonly id: number; readonly prompt: Prompt }
  | { readonly type: 'forget'; readonly id: number; readonly cacheKey: string }
  /** Asks for a `pong`. */
  | { readonly type: 'ping' }
  /** Ends the process once running requests have ended as cancelled. */
  | { readonly type: 'dispose' };

export type EngineOptions = Omit<InProcessModelOptions, 'onNotice'>;

/** What it tells. Messages of one request come in order, the last is any but `delta`. */
export type EngineReport =
  | { readonly type: 'opened'; readonly contextTokens: number; readonly sequences: number }
  | { readonly type: 'not-opened'; readonly failure: EngineFailure }
  | { readonly type: 'notice'; readonly notice: string }
  /** Which requests it works on. Those that it was sent before the `ping` and that it has not answered are among them. */
  | { readonly type: 'pong'; readonly working: readonly number[] }
  | { readonly type: 'delta'; readonly id: number; readonly delta: TextDelta }
  | { readonly type: 'result'; readonly id: number; readonly result: GenerateResult }
  | { readonly type: 'found'; readonly id: number; readonly result: BeamSearchResult }
  | { readonly type: 'counted'; readonly id: number; readonly tokens: number }
  | { readonly type: 'forgotten'; readonly id: number }
  | { readonly type: 'failed'; readonly id: number; readonly failure: EngineFailure };

/** An error on its way between processes. */
export interface EngineFailure {
  readonly message: string;
  /** Missing for errors that nobody foresaw. */
  readonly type?: ModelFailureType;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly retryAfterMs?: number;
}

export function toEngineFailure(error: unknown): EngineFailure {
  if (!(error instanceof ModelError)) return { message: error instanceof Error ? error.message : String(error) };
  const { details, retryAfterMs } = error.options;
  return { message: error.message, type: error.type, details, retryAfterMs };
}

export function fromEngineFailure({ message, type, details, retryAfterMs }: EngineFailure): Error {
  return type === undefined ? new Error(message) : new ModelError(type, message, { details, retryAfterMs });
}

export function isEngineCommand(message: unknown): message is EngineCommand {
  return hasType(message);
}

export function isEngineReport(message: unknown): message is EngineReport {
  return hasType(message);
}

/** The channel between the two processes, both of this version, carries nothing else. */
function hasType(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'type' in message;
}
