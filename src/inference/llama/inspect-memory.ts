import { getLlama } from 'node-llama-cpp';
import type { LoadLlamaOptions } from './load-llama.js';
import type { MachineFacts } from '../profiles/recommend-model.js';

/** Free memory of the machine (or container) and, where the engine finds one, of its GPU. Takes a few tenths of a second. */
export async function inspectMemory(gpu: LoadLlamaOptions['gpu'] = 'auto'): Promise<MachineFacts> {
  const memoryBytes = process.availableMemory();
  const llama = await getLlama({ gpu, build: 'never', skipDownload: true, progressLogs: false });
  try {
    return llama.gpu === false ? { memoryBytes } : { memoryBytes, gpuMemoryBytes: (await llama.getVramState()).free };
  } finally {
    await llama.dispose();
  }
}
