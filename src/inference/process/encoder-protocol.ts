import type { EngineFailure } from './engine-failure.js';
import type { EmbedOptions } from '../embedding-model.js';
import type { EncoderOptions } from '../llama/in-process-encoder.js';
import { hasType, type NativeOrder, type NativeReport } from './native-report.js';

/** Commands to the process of a model that embeds or ranks. */
export type EncoderCommand =
  /** Sent once, as the first command. */
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
  /** 0 for a model that ranks, like `maxTokens`. */
  readonly dimensions: number;
  readonly maxTokens: number;
  /** Why a large vocabulary is held in memory, as the end of a sentence. */
  readonly wordsInMemory?: string;
}

/** Reports on a request. */
export type EncoderAnswer =
  | { readonly type: 'embedded'; readonly id: number; readonly vectors: readonly Float32Array[] }
  | { readonly type: 'counted'; readonly id: number; readonly tokens: number }
  | { readonly type: 'ranked'; readonly id: number; readonly scores: readonly number[] }
  /** The parent cancelled the request. */
  | { readonly type: 'cancelled'; readonly id: number }
  | { readonly type: 'failed'; readonly id: number; readonly failure: EngineFailure };

export type EncoderReport = NativeReport<EncoderOpened, EncoderAnswer>;

/** A type check is enough, because both processes have the same version and the channel carries nothing else. */
export function isEncoderCommand(message: unknown): message is EncoderCommand {
  return hasType(message);
}
