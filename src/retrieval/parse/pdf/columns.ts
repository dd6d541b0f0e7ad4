import type { PdfLine } from './pdf-line.js';

/** Horizontal extent of the lines of a column, in points from the left. */
export interface Extent {
  readonly left: number;
  readonly right: number;
}

/** Lines of one column begin at most this many times their height apart, because first lines are indented. */
const INDENT = 3;
/** Maximum number of columns on a page; beyond it, the page is a table, not text in columns. */
const MAX_COLUMNS = 50;

/**
 * The column of each line, from the lines beside it and beside its neighbours above and below. Without any, the column is as wide as the
 * text of the page.
 */
export function columnsOf(lines: readonly PdfLine[]): readonly Extent[] {
  const bounds = lines.map(() => ({ left: Number.NEGATIVE_INFINITY, right: Number.POSITIVE_INFINITY }));
  const rows = new Map<number, { readonly lefts: number[]; readonly rights: number[] }>();
  for (const line of lines) {
    const row = rows.get(rowOf(line)) ?? { lefts: [], rights: [] };
    row.lefts.push(line.left);
    row.rights.push(line.right);
    rows.set(rowOf(line), row);
  }
  for (const { lefts, rights } of rows.values()) {
    lefts.sort((a, b) => a - b);
    rights.sort((a, b) => a - b);
  }
  for (const [index, line] of lines.entries()) {
    const bound = bounds[index];
    if (bound === undefined) continue;
    for (const row of [-1, 0, 1]) {
      const beside = rows.get(rowOf(line) + row);
      if (beside === undefined) continue;
      bound.right = Math.min(bound.right, firstFrom(beside.lefts, line.right) ?? Number.POSITIVE_INFINITY);
      bound.left = Math.max(bound.left, lastUpTo(beside.rights, line.left) ?? Number.NEGATIVE_INFINITY);
    }
  }
  shareAlong(lines, bounds);
  const known = new Map<string, Extent>();
  const whole = extentWithin(lines, { left: Number.NEGATIVE_INFINITY, right: Number.POSITIVE_INFINITY });
  return bounds.map((bound) => {
    const key = `${Math.round(bound.left)} ${Math.round(bound.right)}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const extent = known.size < MAX_COLUMNS ? extentWithin(lines, bound) : whole;
    known.set(key, extent);
    return extent;
  });
}

/** Lines below each other with similar left edges share one column: the narrowest of theirs. */
function shareAlong(lines: readonly PdfLine[], bounds: { left: number; right: number }[]): void {
  const share = (from: number, to: number): void => {
    const run = bounds.slice(from, to);
    const left = run.reduce((most, bound) => Math.max(most, bound.left), Number.NEGATIVE_INFINITY);
    const right = run.reduce((least, bound) => Math.min(least, bound.right), Number.POSITIVE_INFINITY);
    for (let index = from; index < to; index++) {
      const line = lines[index];
      // A line across the whole page among them, such as a title, keeps its own column.
      if (line !== undefined && line.right <= right && line.left >= left) bounds[index] = { left, right };
    }
  };
  let from = 0;
  for (let index = 1; index <= lines.length; index++) {
    const line = lines[index];
    const before = lines[index - 1];
    const isSame =
      line !== undefined &&
      before !== undefined &&
      line.baseline < before.baseline + before.height &&
      Math.abs(line.left - before.left) <= INDENT * Math.max(line.height, before.height);
    if (isSame) continue;
    share(from, index);
    from = index;
  }
}

function extentWithin(lines: readonly PdfLine[], bound: Extent): Extent {
  let left = Number.POSITIVE_INFINITY;
  let right = Number.NEGATIVE_INFINITY;
  for (const line of lines) {
    if (line.left < bound.left || line.right > bound.right) continue;
    left = Math.min(left, line.left);
    right = Math.max(right, line.right);
  }
  return { left, right };
}

/** Rows of 4 points, because the baselines of lines beside each other differ a little. */
function rowOf({ baseline }: PdfLine): number {
  return Math.round(baseline / 4);
}

function firstFrom(sorted: readonly number[], least: number): number | undefined {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < least) low = middle + 1;
    else high = middle;
  }
  return sorted[low];
}

function lastUpTo(sorted: readonly number[], most: number): number | undefined {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) <= most) low = middle + 1;
    else high = middle;
  }
  return sorted[low - 1];
}
