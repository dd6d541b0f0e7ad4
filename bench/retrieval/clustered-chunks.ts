import type { StagedChunk } from '../../src/retrieval/store/knowledge-store.js';

/** Chunks and queries made from a seed: vectors in clusters, as embeddings of subjects are, and words as frequent as Zipf says. */
export interface ClusteredChunks {
  chunk(index: number): StagedChunk;
  query(): { readonly text: string; readonly vector: number[] };
}

export interface ClusterSettings {
  readonly dimensions: number;
  readonly clusters: number;
  /** Length of what is added to a centre, which is of length 1: at 1, two of one cluster have a cosine of about 0.5. */
  readonly spread: number;
}

const VOCABULARY = 50_000;
const CHUNK_WORDS = 120;
const QUERY_WORDS = 6;

export function makeClusteredChunks({ dimensions, clusters, spread }: ClusterSettings): ClusteredChunks {
  let state = 20_260;
  // source: Tommy Ettinger, mulberry32
  const random = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const gauss = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const direction = (): number[] => toUnit(Array.from({ length: dimensions }, gauss));
  const centres = Array.from({ length: clusters }, direction);
  const pick = (): number => Math.floor(random() * clusters);
  const near = (cluster: number): number[] => {
    const offset = direction();
    return toUnit((centres[cluster] ?? []).map((value, place) => value + spread * (offset[place] ?? 0)));
  };
  // The rank of a word is the exponential of a uniform number: its frequency is then 1 / rank.
  const word = (): string => `w${Math.floor(Math.exp(random() * Math.log(VOCABULARY)))}`;
  const words = (cluster: number, count: number): string =>
    Array.from({ length: count }, () => (random() < 0.1 ? `t${cluster}x${Math.floor(random() * 40)}` : word())).join(
      ' ',
    );
  return {
    chunk(index) {
      const cluster = pick();
      const text = words(cluster, CHUNK_WORDS);
      return { index, text, start: 0, end: text.length, headings: [], tokens: CHUNK_WORDS, embedding: near(cluster) };
    },
    query() {
      const cluster = pick();
      return { text: words(cluster, QUERY_WORDS), vector: near(cluster) };
    },
  };
}

function toUnit(vector: readonly number[]): number[] {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}
