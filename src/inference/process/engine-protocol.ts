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

/** What the engine's process is told. `id` is the caller's, unique among running requests. `dispose` waits for running requests to end as cancelled. */
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
  | { readonly type: 'count'; readonly id: number; readonly prompt: Prompt }
  | { readonly type: 'forget'; readonly id: number; readonly cacheKey: string }
  | NativeOrder;

export type EngineOptions = Omit<InProcessModelOptions, 'onNotice' | 'onLoading'>;

export interface EngineOpened {
  readonly contextTokens: number;
  readonly sequences: number;
  /** Of the KV cache. */
  readonly cacheBytes: number;
  /** Layers on a GPU: there one engine is faster than several. */
  readonly onGpu: boolean;
}

/** What it tells of a request. */
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

/** The channel between the two processes, both of this version, carries nothing else. */
export function isEngineCommand(message: unknown): message is EngineCommand {
  return hasType(message);
}
