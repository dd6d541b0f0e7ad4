import type { EngineFailure } from './engine-failure.js';
import type { EmbedOptions } from '../embedding-model.js';
import type { EncoderOptions } from '../llama/in-process-encoder.js';
import { hasType, type NativeOrder, type NativeReport } from './native-report.js';

/** What the process of a model that embeds or ranks is told. */
export type EncoderCommand =
  /** Once, first. */
  | { readonly type: 'open'; readonly use: 'embed' | 'rank'; readonly options: Omit<EncoderOptions, 'onLoading'> }
  | {
      readonly type: 'embed';
      readonly id: number;
      readonly texts: readonly string[];
      readonly purpose: EmbedOptions['purpose'];
    }
  | { readonly type: 'count'; readonly id: number; readonly text: string }
  | { readonly type: 'rank'; readonly id: number; readonly query: string; readonly texts: readonly string[] }
  | NativeOrder;

export interface EncoderOpened {
  /** 0 for one that ranks, as `maxTokens`. */
  readonly dimensions: number;
  readonly maxTokens: number;
  /** Why a large vocabulary is held in memory, as the end of a sentence. */
  readonly wordsInMemory?: string;
}

/** What it tells of a request. */
export type EncoderAnswer =
  | { readonly type: 'embedded'; readonly id: number; readonly vectors: readonly Float32Array[] }
  | { readonly type: 'counted'; readonly id: number; readonly tokens: number }
  | { readonly type: 'ranked'; readonly id: number; readonly scores: readonly number[] }
  /** As its parent wished. */
  | { readonly type: 'cancelled'; readonly id: number }
  | { readonly type: 'failed'; readonly id: number; readonly failure: EngineFailure };

export type EncoderReport = NativeReport<EncoderOpened, EncoderAnswer>;

/** The channel between the two processes, both of this version, carries nothing else. */
export function isEncoderCommand(message: unknown): message is EncoderCommand {
  return hasType(message);
}
