/** What is known of a model and of the machine before the KV cache is made. */
export interface SizeFacts {
  /** Memory that the KV cache and its scratch may take: what is free after the weights, on the GPU or in RAM. */
  readonly memoryBytes: number;
  readonly kvBytesPerToken: number;
  readonly trainContextTokens: number;
}

/** The same, where a GPU holds the layers or some of them. */
export interface GpuFacts extends Omit<SizeFacts, 'memoryBytes'> {
  /** Free on the GPU, with nothing loaded. */
  readonly gpuMemoryBytes: number;
  /** Free in RAM: for what the GPU cannot hold. */
  readonly memoryBytes: number;
  /** All of the model's weights, as large as its file. */
  readonly weightBytes: number;
  /** Of the model, without the output layer. */
  readonly layers: number;
  readonly vocabularyTokens: number;
}

/** What the user asked for; missing ones are chosen. */
export interface SizeWishes {
  readonly contextTokens?: number;
  readonly sequences?: number;
  /** Layers on the GPU, the output layer counted in. */
  readonly gpuLayers?: number;
}

export interface EngineSizes {
  /** Tokens of each sequence. */
  readonly contextTokens: number;
  readonly sequences: number;
  /** One sentence for the log: the choice and why. */
  readonly reason: string;
}

export interface GpuSizes extends EngineSizes {
  /** 0 to one more than the model's layers. */
  readonly gpuLayers: number;
  /** Tokens evaluated at once. */
  readonly batchTokens: number;
  /** What weights, KV cache and scratch take of the GPU's memory, estimated. */
  readonly gpuBytes: number;
}

const MOST_CONTEXT_TOKENS = 8192;
const LEAST_CONTEXT_TOKENS = 2048;
const MOST_SEQUENCES = 4;
/** Of the memory that is free; the rest is left for scratch buffers, snapshots and the process itself. */
export const SHARE_OF_MEMORY = 0.5;

/** Evaluated at once; on a CPU larger batches gain nothing. */
export const BATCH_TOKENS = 512;
/** On a GPU a prompt is evaluated faster in larger batches, as long as their scratch is a small part of its memory. */
const LARGE_BATCH_TOKENS = 1024;
const LARGE_BATCH_SHARE = 0.05;
/** A GPU gains from more sequences than a CPU, but whole contexts for the first few come before more of them. */
const MOST_GPU_SEQUENCES = 32;
/** Layers go to the GPU before contexts grow beyond so many sequences of `LEAST_CONTEXT_TOKENS`. */
const LEAST_GPU_SEQUENCES = 2;
/** Of the GPU's memory; the driver, fragmentation and what the estimate misses have the rest. */
const SHARE_OF_GPU_MEMORY = 0.9;
/** Of a context of any size: graph and staging buffers. */
const SCRATCH_BYTES = 128 * 2 ** 20;
/** Of each token of a batch, beside its logits: activations. */
const SCRATCH_BYTES_PER_TOKEN = 64 * 2 ** 10;
const CONTEXT_STEP_TOKENS = 256;

/**
 * Sizes of the KV cache from the memory that there is. Several short sequences come before one long: the context shrinks to
 * `LEAST_CONTEXT_TOKENS` first, then sequences are given up one by one. Wishes are taken as they are, also when they exceed
 * the memory: then opening the model fails with the engine's own account of what was missing.
 */
export function chooseEngineSizes(facts: SizeFacts, wishes: SizeWishes = {}): EngineSizes {
  const budget = Math.floor((facts.memoryBytes * SHARE_OF_MEMORY) / Math.max(1, facts.kvBytesPerToken));
  const longest = wishes.contextTokens ?? Math.min(facts.trainContextTokens, MOST_CONTEXT_TOKENS);
  const shortest = wishes.contextTokens ?? Math.min(longest, LEAST_CONTEXT_TOKENS);
  const sequences = wishes.sequences ?? Math.max(1, Math.min(MOST_SEQUENCES, Math.floor(budget / shortest)));
  const fitting = Math.floor(budget / sequences / CONTEXT_STEP_TOKENS) * CONTEXT_STEP_TOKENS;
  const contextTokens =
    wishes.contextTokens ?? Math.max(CONTEXT_STEP_TOKENS, Math.min(longest, Math.max(shortest, fitting)));
  const cacheBytes = contextTokens * sequences * facts.kvBytesPerToken;
  return {
    contextTokens,
    sequences,
    reason:
      `${sequences} sequence${sequences === 1 ? '' : 's'} of ${contextTokens} tokens: ` +
      `the KV cache takes ${mebibytes(cacheBytes)} of ${mebibytes(facts.memoryBytes)} MiB free`,
  };
}

/**
 * Layers, sequences, context and batch from the memory of a GPU, never more than there is. As many layers as fit beside
 * `LEAST_GPU_SEQUENCES` short sequences go to the GPU; what is left makes sequences, up to `MOST_SEQUENCES`, then whole
 * contexts, then more sequences. Where no layer fits, sizes are chosen as for a CPU. Wishes are taken as they are.
 */
export function chooseGpuSizes(facts: GpuFacts, wishes: SizeWishes = {}): GpuSizes {
  const { gpuMemoryBytes, memoryBytes, kvBytesPerToken, layers } = facts;
  const batchTokens = batchFor(facts);
  const scratchBytes = scratchFor(batchTokens, facts.vocabularyTokens);
  const usableBytes = gpuMemoryBytes * SHARE_OF_GPU_MEMORY - scratchBytes;
  // The output layer is counted as one of them: together they are the file.
  const layerBytes = facts.weightBytes / (layers + 1);
  /** What so many layers of weights leave to the KV cache, which lies where its layer does. */
  const tokensBeside = (gpuLayers: number): number => {
    const kvBytes = Math.max(1, (kvBytesPerToken * Math.min(gpuLayers, layers)) / layers);
    return Math.floor(Math.max(0, usableBytes - gpuLayers * layerBytes) / kvBytes);
  };
  const longest = wishes.contextTokens ?? Math.min(facts.trainContextTokens, MOST_CONTEXT_TOKENS);
  const shortest = wishes.contextTokens ?? Math.min(longest, LEAST_CONTEXT_TOKENS);
  const leastTokens = shortest * (wishes.sequences ?? LEAST_GPU_SEQUENCES);
  const most = layers + 1;
  let gpuLayers = Math.min(most, wishes.gpuLayers ?? most);
  if (wishes.gpuLayers === undefined) while (gpuLayers > 0 && tokensBeside(gpuLayers) < leastTokens) gpuLayers--;
  if (gpuLayers === 0) {
    const sizes = chooseEngineSizes(facts, wishes);
    return {
      ...sizes,
      gpuLayers,
      batchTokens: BATCH_TOKENS,
      gpuBytes: 0,
      reason: `no layer on the GPU, ${sizes.reason}`,
    };
  }
  const inRamBytes = (kvBytesPerToken * Math.max(0, layers - gpuLayers)) / layers;
  const ramTokens = inRamBytes === 0 ? Number.POSITIVE_INFINITY : (memoryBytes * SHARE_OF_MEMORY) / inRamBytes;
  const budget = Math.min(tokensBeside(gpuLayers), ramTokens);
  const few = Math.min(MOST_SEQUENCES, Math.floor(budget / shortest));
  const whole = Math.min(MOST_GPU_SEQUENCES, Math.floor(budget / longest));
  const sequences = wishes.sequences ?? Math.max(1, few, whole);
  const fitting = Math.floor(budget / sequences / CONTEXT_STEP_TOKENS) * CONTEXT_STEP_TOKENS;
  const contextTokens = wishes.contextTokens ?? Math.max(CONTEXT_STEP_TOKENS, Math.min(longest, fitting));
  const kvOnGpu = (contextTokens * sequences * kvBytesPerToken * Math.min(gpuLayers, layers)) / layers;
  const gpuBytes = Math.ceil(gpuLayers * layerBytes + kvOnGpu + scratchBytes);
  return {
    gpuLayers,
    sequences,
    contextTokens,
    batchTokens,
    gpuBytes,
    reason:
      `${gpuLayers} of ${most} layers on the GPU, ${sequences} sequence${sequences === 1 ? '' : 's'} of ${contextTokens} tokens: ` +
      `they take ${mebibytes(gpuBytes)} of its ${mebibytes(gpuMemoryBytes)} MiB free`,
  };
}

function batchFor({ gpuMemoryBytes, vocabularyTokens }: GpuFacts): number {
  const large = scratchFor(LARGE_BATCH_TOKENS, vocabularyTokens);
  return large <= gpuMemoryBytes * LARGE_BATCH_SHARE ? LARGE_BATCH_TOKENS : BATCH_TOKENS;
}

/** llama.cpp reserves the logits of a whole batch, 32 bits each. */
function scratchFor(batchTokens: number, vocabularyTokens: number): number {
  return SCRATCH_BYTES + batchTokens * (vocabularyTokens * 4 + SCRATCH_BYTES_PER_TOKEN);
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
