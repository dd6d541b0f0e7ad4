import type { ModelProfile, Purpose } from './model-profiles.js';

/** Resources available to a model. */
export interface MachineFacts {
  /** Memory of this process's machine or container that is free for the model. */
  readonly memoryBytes: number;
  /** Free memory of the GPU; undefined without one. */
  readonly gpuMemoryBytes?: number;
}

export interface ModelWish {
  readonly purpose: Purpose;
  /** Tokens that a conversation may take, including answers. */
  readonly contextTokens: number;
  /** Number of conversations answered at the same time. */
  readonly sequences: number;
}

/** Assessment of one model for one machine and wish. */
export interface ModelVerdict {
  readonly profile: ModelProfile;
  readonly neededBytes: number;
  /** Maximum speed to expect for one answer, in tokens per second. */
  readonly tokensPerSecond: number;
  /** `unsuited`: for another purpose, or with too short a context; `too-large`; `slow`: fits, but writes more slowly than people read. */
  readonly verdict: 'recommended' | 'fits' | 'slow' | 'too-large' | 'unsuited';
  /** The processor that it would run on. */
  readonly on: 'GPU' | 'CPU';
  /** One sentence with the reason. */
  readonly reason: string;
}

/** Scratch buffers of the engine and the process itself. Measured: 150–250 MB in addition to weights and KV cache. */
const OVERHEAD_BYTES = 300e6;
/** Each generated token reads the weights from memory once. Two channels of DDR4 give about 20 GB/s in practice, GPUs 200 and more. */
const CPU_BYTES_PER_SECOND = 20e9;
const GPU_BYTES_PER_SECOND = 200e9;
/** People read about 4 words a second. */
const READING_TOKENS_PER_SECOND = 6;

/**
 * Assesses every profile. The recommended one comes first, then others that fit, larger before smaller, then those that do not fit. The
 * recommended model is the largest one that suits the purpose, fits into memory (the GPU's if there is one) and writes at least as fast as
 * people read; if all fitting models are slow, it is the fastest of them.
 */
export function recommendModels(
  profiles: readonly ModelProfile[],
  wish: ModelWish,
  machine: MachineFacts,
): readonly ModelVerdict[] {
  const judged = profiles.map((profile) => judge(profile, wish, machine));
  const fitting = judged.filter(({ verdict }) => verdict === 'fits').toSorted(bySize);
  const slow = judged.filter(({ verdict }) => verdict === 'slow').toSorted((a, b) => -bySize(a, b));
  const best = fitting[0] ?? slow[0];
  const rest = [...fitting, ...slow, ...judged.filter(({ verdict }) => verdict === 'too-large').toSorted(bySize)];
  return [
    ...(best ? [{ ...best, verdict: 'recommended' as const, reason: `${praise(best)}: ${best.reason}` }] : []),
    ...rest.filter((each) => each !== best),
    ...judged.filter(({ verdict }) => verdict === 'unsuited'),
  ];
}

/** Memory for weights, the KV cache of all sequences, and the engine. */
export function neededMemory(profile: ModelProfile, { contextTokens, sequences }: ModelWish): number {
  return profile.sizeBytes + profile.kvBytesPerToken * contextTokens * sequences + OVERHEAD_BYTES;
}

function judge(profile: ModelProfile, wish: ModelWish, machine: MachineFacts): ModelVerdict {
  const neededBytes = neededMemory(profile, wish);
  const onGpu = machine.gpuMemoryBytes !== undefined && neededBytes <= machine.gpuMemoryBytes;
  const bandwidth = onGpu ? GPU_BYTES_PER_SECOND : CPU_BYTES_PER_SECOND;
  const tokensPerSecond = Math.round(bandwidth / profile.sizeBytes);
  const common = { profile, neededBytes, tokensPerSecond, on: onGpu ? ('GPU' as const) : ('CPU' as const) };
  if (!profile.purposes.includes(wish.purpose)) {
    return { ...common, verdict: 'unsuited', reason: `is made for ${profile.purposes.join(', ')}` };
  }
  if (profile.contextTokens < wish.contextTokens) {
    const reason = `holds ${profile.contextTokens} tokens of the ${wish.contextTokens} asked for`;
    return { ...common, verdict: 'unsuited', reason };
  }
  const needs = `needs ${gigabytes(neededBytes)}`;
  if (!onGpu && neededBytes > machine.memoryBytes) {
    return { ...common, verdict: 'too-large', reason: `${needs}, ${gigabytes(machine.memoryBytes)} are free` };
  }
  const free = onGpu ? `${gigabytes(machine.gpuMemoryBytes ?? 0)} of the GPU` : gigabytes(machine.memoryBytes);
  const reason = `${needs} of ${free} free, at most about ${tokensPerSecond} token/s on the ${common.on}`;
  return { ...common, verdict: tokensPerSecond < READING_TOKENS_PER_SECOND ? 'slow' : 'fits', reason };
}

function praise({ verdict }: ModelVerdict): string {
  return verdict === 'slow'
    ? 'the fastest that fits, though it writes slower than people read'
    : 'the largest that fits and writes faster than people read';
}

function bySize(a: ModelVerdict, b: ModelVerdict): number {
  return b.profile.sizeBytes - a.profile.sizeBytes;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
