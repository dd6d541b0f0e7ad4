import { getLlama, LlamaLogLevel, type Llama, type LlamaModel } from 'node-llama-cpp';

/** Opens the vocabulary of a GGUF file without its weights: some milliseconds and megabytes. Throws what llama.cpp does. */
export async function openVocabulary(modelPath: string): Promise<LlamaModel> {
  const llama = await startLlama();
  return llama.loadModel({ modelPath, vocabOnly: true, gpuLayers: 0 });
}

/**
 * One for the process and never disposed of: its logger is the native library's only one, so that after a disposal the complaints of
 * every other would go to standard error. It complains of each vocabulary that it has no weights.
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
