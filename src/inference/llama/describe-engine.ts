import { getLlama, getModuleVersion } from 'node-llama-cpp';
import type { LoadLlamaOptions } from './load-llama.js';

export interface EngineDescription {
  /** Backend that models run on; false means the CPU. */
  readonly gpu: 'cuda' | 'vulkan' | 'metal' | false;
  readonly deviceNames: readonly string[];
  /** Version of node-llama-cpp. */
  readonly version: string;
  /** Build of llama.cpp that the binaries contain, e.g. `b7654`. */
  readonly llamaCppRelease: string;
}

/** Loads the engine without a model and describes it. Takes a few tenths of a second. */
export async function describeEngine(gpu: LoadLlamaOptions['gpu'] = 'auto'): Promise<EngineDescription> {
  const llama = await getLlama({ gpu, build: 'never', skipDownload: true, progressLogs: false });
  try {
    return {
      gpu: llama.gpu,
      deviceNames: llama.gpu === false ? [] : await llama.getGpuDeviceNames(),
      version: await getModuleVersion(),
      llamaCppRelease: llama.llamaCppRelease.release,
    };
  } finally {
    await llama.dispose();
  }
}
