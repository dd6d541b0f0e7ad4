import type { StagedChunk } from '../../src/retrieval/store/knowledge-store.js';

/** Chunks and queries made from seeds: vectors in clusters, as embeddings of subjects are, and words as frequent as Zipf says. */
export interface ClusteredChunks {
  /** The same for the same number, in whatever process. */
  document(number: number, chunks: number): StagedChunk[];
  query(number: number): { readonly text: string; readonly vector: number[] };
}

export interface ClusterSettings {
  readonly dimensions: number;
  readonly clusters: number;
}

/** Length of what is added to a centre, which is of length 1: two of one cluster have a cosine of about 0.5. */
const SPREAD = 1;
const VOCABULARY = 50_000;
const CHUNK_WORDS = 120;
const QUERY_WORDS = 6;
/** Apart from the numbers of documents. */
const CENTRE_SEED = -1;
const QUERY_SEED = 1 << 30;

export function makeClusteredChunks({ dimensions, clusters }: ClusterSettings): ClusteredChunks {
  const forCentres = randomFrom(CENTRE_SEED);
  const centres = Array.from({ length: clusters }, () => direction(forCentres, dimensions));
  const near = (random: Random, cluster: number): number[] => {
    const offset = direction(random, dimensions);
    return toUnit((centres[cluster] ?? []).map((value, place) => value + SPREAD * (offset[place] ?? 0)));
  };
  const pick = (random: Random): number => Math.floor(random() * clusters);
  return {
    document(number, chunks) {
      const random = randomFrom(number);
      return Array.from({ length: chunks }, (_, index) => {
        const cluster = pick(random);
        const text = words(random, cluster, CHUNK_WORDS);
        const embedding = near(random, cluster);
        return { index, text, start: 0, end: text.length, headings: [], tokens: CHUNK_WORDS, embedding };
      });
    },
    query(number) {
      const random = randomFrom(QUERY_SEED + number);
      const cluster = pick(random);
      return { text: words(random, cluster, QUERY_WORDS), vector: near(random, cluster) };
    },
  };
}

type Random = () => number;

/** mulberry32. source: Tommy Ettinger, public domain */
function randomFrom(seed: number): Random {
  let state = Math.imul(seed, 0x9e3779b1);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function direction(random: Random, dimensions: number): number[] {
  // Normal deviates, by Box and Muller: every direction is as likely.
  const gauss = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return toUnit(Array.from({ length: dimensions }, gauss));
}

/** One word in ten is of the cluster's subject. */
function words(random: Random, cluster: number, count: number): string {
  return Array.from({ length: count }, () => {
    if (random() < 0.1) return `t${cluster}x${Math.floor(random() * 40)}`;
    // The rank of a word is the exponential of a uniform number: its frequency is then 1 / rank.
    return `w${Math.floor(Math.exp(random() * Math.log(VOCABULARY)))}`;
  }).join(' ');
}

function toUnit(vector: readonly number[]): number[] {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}
