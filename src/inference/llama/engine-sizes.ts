/** Facts about a model and its machine that are known before the KV cache is created. */
export interface SizeFacts {
  /** Memory for the KV cache and its scratch: the free memory after the weights are loaded, on the GPU or in RAM. */
  readonly memoryBytes: number;
  readonly kvBytesPerToken: number;
  readonly trainContextTokens: number;
}

/** The same facts for a machine whose GPU holds all or some of the layers. */
export interface GpuFacts extends Omit<SizeFacts, 'memoryBytes'> {
  /** Free memory of the GPU with nothing loaded. */
  readonly gpuMemoryBytes: number;
  /** Free RAM, which holds what does not fit on the GPU. */
  readonly memoryBytes: number;
  /** Size of all the model's weights, which is that of its file. */
  readonly weightBytes: number;
  /** Number of layers of the model, without the output layer. */
  readonly layers: number;
  readonly vocabularyTokens: number;
}

/** Sizes that the user asked for; missing ones are chosen. */
export interface SizeWishes {
  readonly contextTokens?: number;
  readonly sequences?: number;
  /** Layers on the GPU, including the output layer. */
  readonly gpuLayers?: number;
}

export interface EngineSizes {
  /** Tokens of each sequence. */
  readonly contextTokens: number;
  readonly sequences: number;
  /** One sentence for the log: the choice and its reason. */
  readonly reason: string;
}

export interface GpuSizes extends EngineSizes {
  /** 0 to the number of the model's layers plus one. */
  readonly gpuLayers: number;
  /** Tokens evaluated at once. */
  readonly batchTokens: number;
  /** Estimate of the GPU memory that weights, KV cache and scratch take. */
  readonly gpuBytes: number;
}

const MOST_CONTEXT_TOKENS = 8192;
const LEAST_CONTEXT_TOKENS = 2048;
const MOST_SEQUENCES = 4;
/** Share of the free memory; the rest is left for scratch buffers, snapshots and the process itself. */
export const SHARE_OF_MEMORY = 0.5;

/** Tokens evaluated at once; on a CPU larger batches gain nothing. */
export const BATCH_TOKENS = 512;
/** On a GPU a prompt is evaluated faster in larger batches, as long as their scratch is a small part of its memory. */
const LARGE_BATCH_TOKENS = 1024;
const LARGE_BATCH_SHARE = 0.05;
/** A GPU gains from more sequences than a CPU does, but the first few get whole contexts before there are more of them. */
const MOST_GPU_SEQUENCES = 32;
/** Layers take the GPU's memory as long as this many sequences of `LEAST_CONTEXT_TOKENS` still fit; longer contexts come after that. */
const LEAST_GPU_SEQUENCES = 2;
/** Share of the GPU's memory; the rest covers the driver, fragmentation and errors of the estimate. */
const SHARE_OF_GPU_MEMORY = 0.9;
/** Scratch of a context of any size: graph and staging buffers. */
const SCRATCH_BYTES = 128 * 2 ** 20;
/** Scratch of each token of a batch, without its logits: activations. */
const SCRATCH_BYTES_PER_TOKEN = 64 * 2 ** 10;
const CONTEXT_STEP_TOKENS = 256;

/**
 * Chooses the sizes of the KV cache from the available memory. Several short sequences take precedence over a long one: the context shrinks
 * to `LEAST_CONTEXT_TOKENS` first, then sequences are dropped one by one. Explicit sizes are used unchanged, even if they exceed the
 * memory; then opening the model fails with the engine's own report of the missing memory.
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
 * Chooses layers, sequences, context and batch from the memory of a GPU, and never exceeds it. As many layers as fit beside
 * `LEAST_GPU_SEQUENCES` short sequences go to the GPU. The remaining memory goes first to sequences, up to `MOST_SEQUENCES`, then to full
 * contexts, then to more sequences. If no layer fits, sizes are chosen as for a CPU. Explicit sizes are used unchanged.
 */
export function chooseGpuSizes(facts: GpuFacts, wishes: SizeWishes = {}): GpuSizes {
  const { gpuMemoryBytes, memoryBytes, kvBytesPerToken, layers } = facts;
  const batchTokens = batchFor(facts);
  const scratchBytes = scratchFor(batchTokens, facts.vocabularyTokens);
  const usableBytes = gpuMemoryBytes * SHARE_OF_GPU_MEMORY - scratchBytes;
  // The output layer counts as one layer; all layers together are the size of the file.
  const layerBytes = facts.weightBytes / (layers + 1);
  /** Tokens that fit into the KV cache beside the weights of this many layers; each layer's cache lies where the layer does. */
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
