/** What a benchmark is told. */
export interface BenchOptions {
  /** Fewer repetitions: to see that it runs, not to quote figures from. */
  readonly quick: boolean;
  /** Only the group of this name, such as `history`. */
  readonly only?: string;
  /** Says what is being measured. */
  readonly onNotice: (line: string) => void;
  readonly signal: AbortSignal;
}

/** One measured figure. */
export interface BenchRow {
  /** The group that measured the figure, such as `history`; `-` for a figure without a target. */
  readonly id: string;
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** What it is compared with, measured in the same run. */
  readonly baseline?: number;
  /** `value / baseline`. */
  readonly ratio?: number;
  /** In words: `ratio >= 0.9`, `<= 200 ms`. */
  readonly target?: string;
  /** Whether the target is met. */
  readonly holds?: boolean;
}

interface Target {
  /** What the bound is on. */
  readonly of: 'value' | 'ratio';
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** A row whose ratio, target and verdict follow from what was measured. */
export function benchRow(
  row: Pick<BenchRow, 'id' | 'what' | 'value' | 'unit' | 'baseline'>,
  target?: Target,
): BenchRow {
  const ratio = row.baseline === undefined ? undefined : row.value / row.baseline;
  if (target === undefined) return { ...row, ratio };
  const measured = target.of === 'ratio' ? ratio : row.value;
  if (measured === undefined) throw new Error(`${row.what}: a target on the ratio needs a baseline`);
  const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = target;
  const bound = target.atLeast === undefined ? `<= ${atMost}` : `>= ${atLeast}`;
  return {
    ...row,
    ratio,
    target: target.of === 'ratio' ? `ratio ${bound}` : `${bound} ${row.unit}`,
    holds: measured >= atLeast && measured <= atMost,
  };
}

/** The rows as aligned lines, with a heading. */
export function formatRows(rows: readonly BenchRow[]): string[] {
  const cells = [
    ['id', 'what', 'value', 'unit', 'baseline', 'ratio', 'target', 'holds'],
    ...rows.map((row) => [
      row.id,
      row.what,
      digits(row.value),
      row.unit,
      digits(row.baseline),
      digits(row.ratio),
      row.target ?? '',
      row.holds === undefined ? '' : row.holds ? 'yes' : 'NO',
    ]),
  ];
  const widths = cells[0]?.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0))) ?? [];
  return cells.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function digits(value: number | undefined): string {
  if (value === undefined) return '';
  return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}

/** The middle one: one slow run of a noisy machine does not move it. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error('nothing was measured');
  return middle;
}
