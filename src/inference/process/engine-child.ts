import { availableCores } from '../llama/available-cores.js';
import type { EngineAnswer, EngineCommand, EngineOpened, EngineOptions } from './engine-protocol.js';
import { NativeProcess, type WatchOptions } from './native-process.js';

/** One run of the process in which a model writes. */
export class EngineChild extends NativeProcess<EngineCommand, EngineOpened, EngineAnswer> {
  constructor(options: EngineOptions, onNotice: (notice: string) => void, watch?: WatchOptions) {
    super({
      modelId: options.modelId,
      entry: new URL('./engine-process.js', import.meta.url),
      poolThreads: poolThreads(options.threads ?? availableCores()),
      open: { type: 'open', options },
      onNotice,
      watch,
    });
  }
}

/**
 * On few cores, decoding must stay on a single thread of libuv's pool. If it moves between several, it is scheduled onto the core where
 * another compute thread spins at a barrier waiting for it. Measured with 2 threads on 2 cores: 4–64 token/s with the default of 4, 164
 * with 1. With cores to spare, sampling several sequences at once is worth more.
 */
function poolThreads(cores: number): number {
  return cores > 4 ? 4 : 1;
}
