import { getLlama, LlamaLogLevel, type Llama, type LlamaModel } from 'node-llama-cpp';

/** Opens the vocabulary of a GGUF file without its weights, which takes some milliseconds and megabytes. Throws errors of llama.cpp. */
export async function openVocabulary(modelPath: string): Promise<LlamaModel> {
  const llama = await startLlama();
  return llama.loadModel({ modelPath, vocabOnly: true, gpuLayers: 0 });
}

/**
 * A single instance for the process, which is never disposed of. The native library has only one logger; disposing of this instance would
 * send the messages of all others to standard error. Its own logger drops the warning that each vocabulary has no weights.
 */
let llama: Promise<Llama> | undefined;

function startLlama(): Promise<Llama> {
  llama ??= getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    progressLogs: false,
    logLevel: LlamaLogLevel.disabled,
    logger: () => undefined,
  });
  return llama;
}
