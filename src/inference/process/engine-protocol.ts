import type { EngineFailure } from './engine-failure.js';
import type {
  BeamSearchProgress,
  BeamSearchRequest,
  BeamSearchResult,
  GenerateProgress,
  GenerateRequest,
  GenerateResult,
  Prompt,
  TextDelta,
} from '../language-model.js';
import type { InProcessModelOptions } from '../llama/in-process-model.js';
import { hasType, type NativeOrder, type NativeReport } from './native-report.js';

/**
 * Commands to the engine's process. `id` is chosen by the caller and unique among running requests. `dispose` waits for running requests to
 * end as cancelled.
 */
export type EngineCommand =
  /** Sent once, as the first command. */
  | { readonly type: 'open'; readonly options: EngineOptions }
  | {
      readonly type: 'generate';
      readonly id: number;
      readonly request: GenerateRequest;
      /** The request was cancelled before it was sent; a separate `cancel` would arrive a token late. */
      readonly cancelled: boolean;
    }
  | {
      readonly type: 'search';
      readonly id: number;
      readonly request: BeamSearchRequest;
      readonly cancelled: boolean;
    }
  | { readonly type: 'count'; readonly id: number; readonly prompt: Prompt }
  | { readonly type: 'forget'; readonly id: number; readonly cacheKey: string }
  | NativeOrder;

export type EngineOptions = Omit<InProcessModelOptions, 'onNotice' | 'onLoading'>;

export interface EngineOpened {
  readonly contextTokens: number;
  readonly sequences: number;
  /** Size of the KV cache. */
  readonly cacheBytes: number;
  /** Whether layers are on a GPU, where one engine is faster than several. */
  readonly onGpu: boolean;
}

/** Reports on a request. */
export type EngineAnswer =
  | { readonly type: 'delta'; readonly id: number; readonly delta: TextDelta }
  | { readonly type: 'progress'; readonly id: number; readonly progress: GenerateProgress }
  | { readonly type: 'step'; readonly id: number; readonly progress: BeamSearchProgress }
  | { readonly type: 'result'; readonly id: number; readonly result: GenerateResult }
  | { readonly type: 'found'; readonly id: number; readonly result: BeamSearchResult }
  | { readonly type: 'counted'; readonly id: number; readonly tokens: number }
  | { readonly type: 'forgotten'; readonly id: number }
  | { readonly type: 'failed'; readonly id: number; readonly failure: EngineFailure };

export type EngineReport = NativeReport<EngineOpened, EngineAnswer>;

/** A type check is enough, because both processes have the same version and the channel carries nothing else. */
export function isEngineCommand(message: unknown): message is EngineCommand {
  return hasType(message);
}
