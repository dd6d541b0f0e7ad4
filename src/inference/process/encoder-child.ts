import type { EncoderAnswer, EncoderCommand, EncoderOpened } from './encoder-protocol.js';
import { defaultContexts, type EncoderOptions } from '../llama/in-process-encoder.js';
import { NativeProcess } from './native-process.js';

/** One run of the process in which a model embeds or ranks. */
export class EncoderChild extends NativeProcess<EncoderCommand, EncoderOpened, EncoderAnswer> {
  constructor(use: 'embed' | 'rank', options: EncoderOptions) {
    super({
      modelId: options.modelId,
      entry: new URL('./encoder-process.js', import.meta.url),
      // Each context computes on a separate thread.
      poolThreads: Math.max(2, options.contexts ?? defaultContexts()),
      open: { type: 'open', use, options },
      onNotice: () => undefined,
    });
  }
}
