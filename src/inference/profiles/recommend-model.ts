import type { ModelProfile, Purpose } from './model-profiles.js';

/** What a model may use. */
export interface MachineFacts {
  /** Memory of this process's machine or container that is free for it. */
  readonly memoryBytes: number;
  /** Free memory of the GPU; undefined without one. */
  readonly gpuMemoryBytes?: number;
}

export interface ModelWish {
  readonly purpose: Purpose;
  /** Tokens that a conversation may take, answers included. */
  readonly contextTokens: number;
  /** Conversations that are answered at the same time. */
  readonly sequences: number;
}

/** One model judged for one machine and wish. */
export interface ModelVerdict {
  readonly profile: ModelProfile;
  readonly neededBytes: number;
  /** Tokens a second to expect at most, for one answer. */
  readonly tokensPerSecond: number;
  /** `unsuited`: for another purpose, or its context is too short; `too-large`; `slow`: fits, but reads slower than people do. */
  readonly verdict: 'recommended' | 'fits' | 'slow' | 'too-large' | 'unsuited';
  /** Where it would run. */
  readonly on: 'GPU' | 'CPU';
  /** One sentence: why. */
  readonly reason: string;
}

/** Scratch buffers of the engine and the process itself. Measured: 150–250 MB beside weights and KV cache. */
const OVERHEAD_BYTES = 300e6;
/** Weights that a generated token reads go through memory once. Two channels of DDR4 give about 20 GB/s in practice, GPUs 200 and more. */
const CPU_BYTES_PER_SECOND = 20e9;
const GPU_BYTES_PER_SECOND = 200e9;
/** People read about 4 words a second. */
const READING_TOKENS_PER_SECOND = 6;

/**
 * Judges every profile; the recommended one first, then others that fit, larger ones before smaller, then what does not fit.
 * Recommended is the largest model that suits the purpose, fits into memory (the GPU's if there is one) and writes at least as
 * fast as people read; when all that fit are slow, the fastest of them.
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
