/** Share of the relevant passages that are among the first `k`; with several relevant ones, the most that `k` could hold counts as all. */
export function recallAt(k: number, ranked: readonly string[], relevant: ReadonlySet<string>): number {
  const found = ranked.slice(0, k).filter((id) => relevant.has(id)).length;
  return found / Math.min(k, relevant.size);
}

/**
 * Normalised discounted cumulative gain of the first `k`, each relevant passage a gain of 1.
 *
 * source: Järvelin and Kekäläinen, Cumulated gain-based evaluation of IR techniques (ACM TOIS 20, 2002), with log2(rank + 1) as discount
 */
export function ndcgAt(k: number, ranked: readonly string[], relevant: ReadonlySet<string>): number {
  const gain = ranked.slice(0, k).reduce((sum, id, index) => sum + (relevant.has(id) ? discount(index) : 0), 0);
  const ideal = Array.from({ length: Math.min(k, relevant.size) }, (_, index) => discount(index));
  return gain / ideal.reduce((sum, one) => sum + one, 0);
}

/** `index` is from 0. */
function discount(index: number): number {
  return 1 / Math.log2(index + 2);
}

export function mean(values: readonly number[]): number {
  if (values.length === 0) throw new Error('nothing was measured');
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The value that the given share of the values does not exceed, the nearest rank. */
export function percentile(share: number, values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new Error('nothing was measured');
  return value;
}
