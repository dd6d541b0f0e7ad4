import { setTimeout as sleep } from 'node:timers/promises';
import {
  getLlama,
  InsufficientMemoryError,
  LlamaLogLevel,
  NoBinaryFoundError,
  type Llama,
  type LlamaContext,
  type LlamaModel,
} from 'node-llama-cpp';
import { defaultThreads } from './default-threads.js';
import {
  BATCH_TOKENS,
  chooseEngineSizes,
  chooseGpuSizes,
  type EngineSizes,
  type GpuFacts,
  type GpuSizes,
} from './engine-sizes.js';
import { architectureFacts } from '../gguf/architecture-facts.js';
import { checkGgufFile, damaged, type CheckedGguf } from '../gguf/gguf-file.js';
import { kvBytesPerToken } from '../gguf/kv-bytes.js';
import { vocabularyOf, type Vocabulary } from '../vocabulary/llama-vocabulary.js';
import { ModelError } from '../model-error.js';
import { modelFingerprint } from '../snapshots/model-fingerprint.js';
import { SnapshotStore } from '../snapshots/snapshot-store.js';

export interface LoadLlamaOptions {
  readonly modelId: string;
  /** A GGUF file; for a split model, any of its parts. */
  readonly modelPath: string;
  /** Tokens that prompt and answer may take together. Default: the model's training context, as far as memory allows. */
  readonly contextTokens?: number;
  /** Number of requests answered at the same time. Default: chosen from memory. */
  readonly sequences?: number;
  /** Layers on the GPU, including the output layer; the rest runs on the CPU. Default: as many as fit. */
  readonly gpuLayers?: number;
  /** Default: `'auto'`, the best one available. */
  readonly gpu?: 'auto' | 'cuda' | 'vulkan' | 'metal' | false;
  /** Maximum number of compute threads. Default: `availableCores()`. More than that is far slower, not faster. */
  readonly threads?: number;
  /** Where to keep states of conversations across restarts and evictions. Default: nowhere. */
  readonly snapshots?: {
    readonly folder: string;
    /** Disk space for the states of all models together. */
    readonly budgetBytes: number;
  };
  /** Called with one sentence for each choice made or surprise handled. */
  readonly onNotice?: (notice: string) => void;
  /** Called whenever loading makes progress. */
  readonly onLoading?: () => void;
}

export interface LoadedLlama {
  readonly model: LlamaModel;
  readonly context: LlamaContext;
  readonly vocabulary: Vocabulary;
  readonly sequences: number;
  readonly threads: number;
  readonly onGpu: boolean;
  readonly snapshots?: SnapshotStore;
  dispose(): Promise<void>;
}

/** @throws {ModelError} as `openInProcessModel` says. */
export async function loadLlama(options: LoadLlamaOptions): Promise<LoadedLlama> {
  const { modelId, modelPath, onNotice, onLoading } = options;
  const file = await checkGgufFile(modelId, modelPath);
  const threads = Math.max(1, options.threads ?? defaultThreads());
  const complaints: string[] = [];
  const llama = await startLlama(options, threads, (complaint) => complaints.push(complaint));
  try {
    const onGpu = await gpuSizes(options, file, llama);
    const model = await llama.loadModel({
      modelPath: file.path,
      gpuLayers: onGpu?.gpuLayers ?? 0,
      ...(onLoading && { onLoadProgress: onLoading }),
    });
    onLoading?.();
    const sizes = onGpu ?? chooseEngineSizes(cpuFacts(model), options);
    const context = await model.createContext({
      sequences: sizes.sequences,
      contextSize: sizes.contextTokens,
      batchSize: Math.min(onGpu?.batchTokens ?? BATCH_TOKENS, sizes.contextTokens),
      threads,
      // Sliding-window models would otherwise forget the prefix that the next turn shares.
      swaFullCache: true,
      failedCreationRemedy: false,
    });
    onNotice?.(describe(options, llama, threads, sizes));
    return {
      model,
      context,
      vocabulary: vocabularyOf(model),
      sequences: sizes.sequences,
      threads,
      onGpu: onGpu !== undefined && onGpu.gpuLayers > 0,
      snapshots: await snapshotStore(options, file, sizes, llama),
      dispose: () => llama.dispose(),
    };
  } catch (error) {
    // The engine's messages arrive a moment later; if disposed of earlier, it would print them to standard error.
    await sleep(10);
    await llama.dispose();
    throw loadFailure(options, error, complaints);
  }
}

/** The key covers everything that a state depends on: a different model or context would refuse the state or, worse, accept it. */
async function snapshotStore(options: LoadLlamaOptions, file: CheckedGguf, sizes: EngineSizes, llama: Llama) {
  if (options.snapshots === undefined) return undefined;
  const { folder, budgetBytes } = options.snapshots;
  const fingerprint = await modelFingerprint(file.paths);
  const key = [fingerprint, sizes.contextTokens, sizes.sequences, llama.gpu, llama.llamaCppRelease.release].join(' ');
  return new SnapshotStore({ folder, key, budgetBytes, onNotice: options.onNotice ?? (() => undefined) });
}

/** @throws {ModelError} `Model.Unsupported` when there is no binary for this machine */
export async function startLlama(
  { gpu = 'auto' }: Pick<LoadLlamaOptions, 'gpu'>,
  threads: number,
  onComplaint: (complaint: string) => void,
): Promise<Llama> {
  try {
    return await getLlama({
      gpu,
      // An install from npm includes all binaries. If one is missing, this reports it and does not silently build or download one.
      build: 'never',
      skipDownload: true,
      progressLogs: false,
      maxThreads: threads,
      logLevel: LlamaLogLevel.error,
      logger: (_level, message) => onComplaint(message.trim()),
    });
  } catch (error) {
    if (!(error instanceof NoBinaryFoundError)) throw error;
    throw new ModelError(
      'Model.Unsupported',
      `node-llama-cpp has no binary for this machine with GPU "${String(gpu)}". Use another GPU setting, or run "npm ci".`,
      { cause: error },
    );
  }
}

function cpuFacts(model: LlamaModel) {
  const memoryBytes = process.availableMemory();
  return { memoryBytes, kvBytesPerToken: kvBytesPerToken(model.fileInfo), trainContextTokens: model.trainContextSize };
}

/** Chosen before the weights are loaded, since they share the GPU's memory with the KV cache; undefined without a GPU. */
async function gpuSizes(options: LoadLlamaOptions, file: CheckedGguf, llama: Llama): Promise<GpuSizes | undefined> {
  if (llama.gpu === false) return undefined;
  const told = architectureFacts(file.metadata);
  const facts: GpuFacts = {
    gpuMemoryBytes: (await llama.getVramState()).free,
    memoryBytes: process.availableMemory(),
    weightBytes: file.sizeBytes,
    layers: Math.max(1, told.layers ?? 1),
    vocabularyTokens: told.vocabularyTokens ?? 0,
    kvBytesPerToken: told.kvBytesPerToken,
    trainContextTokens: told.contextTokens ?? 0,
  };
  return chooseGpuSizes(facts, options);
}

function describe({ modelId }: LoadLlamaOptions, llama: Llama, threads: number, { reason }: EngineSizes): string {
  const device = llama.gpu === false ? `CPU, up to ${threads} thread${threads === 1 ? '' : 's'}` : `GPU (${llama.gpu})`;
  return `Model "${modelId}" is open on ${device}; ${reason}.`;
}

/** Describes for the user why a file could not be opened. `complaints` are the messages that native code printed meanwhile. */
export function loadFailure(
  { modelId, modelPath }: Pick<LoadLlamaOptions, 'modelId' | 'modelPath'>,
  error: unknown,
  complaints: readonly string[],
): ModelError {
  if (error instanceof ModelError) return error;
  const detail =
    complaints.find((complaint) => complaint !== '') ?? (error instanceof Error ? error.message : String(error));
  if (error instanceof InsufficientMemoryError || /alloc|out of memory|failed to create context/i.test(detail)) {
    return new ModelError(
      'Model.Unavailable',
      `Not enough memory for model "${modelId}": ${detail}. Use a smaller context, fewer sequences or a smaller model.`,
      { cause: error, retryAfterMs: 30_000 },
    );
  }
  return refused(modelId, modelPath, detail, error);
}

function refused(modelId: string, modelPath: string, detail: string, cause: unknown): ModelError {
  if (!/unknown model architecture|unsupported/i.test(detail)) return damaged(modelId, modelPath, detail, cause);
  return new ModelError('Model.Unsupported', `This engine cannot run model "${modelId}": ${detail}`, { cause });
}
