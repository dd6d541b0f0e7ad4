import { withoutRadicals } from '../../../domain/words/cjk-radicals.js';
import type { FieldValue } from './form-values.js';
import type { PdfLine } from './pdf-line.js';

/** An item of pdfjs: a run of text, or a structure mark. */
interface TextItem {
  readonly str: string;
  readonly transform: readonly unknown[];
  readonly width: number;
  readonly height: number;
  readonly hasEOL: boolean;
}

interface Line extends PdfLine {
  /** Runs of text, between which fields are inserted. */
  readonly runs: { readonly left: number; text: string }[];
}

/** Gap between words without a space character, as a share of the letter height. */
const WORD_GAP = 0.5;
/** Maximum number of fields that are placed beside a line; any others go to the end of their page. */
const MAX_PLACED_FIELDS = 1000;
const KANGXI = /[\u2f00-\u2fd5]/gu;

/** The lines of a page in the order of its content, with the values of form fields beside their labels. */
export function pageLines(items: readonly object[], fields: readonly FieldValue[]): PdfLine[] {
  const lines: Line[] = [];
  let line: Line | undefined;
  /** Start of the previous run, and the right end of all runs since the last step back to the left. */
  let [last, reached] = [0, 0];
  for (const item of items) {
    if (!isTextItem(item)) continue;
    const left = Number(item.transform[4]);
    const { height } = item;
    if (item.str !== '') {
      line ??= { text: '', left, right: left, baseline: Number(item.transform[5]), height, runs: [] };
      const before = line.runs.at(-1);
      const right = left + item.width;
      const from = along(item.transform);
      const to = from + item.width;
      // Words of different boxes may be on one line, the right ones first.
      const isBack = before !== undefined && to < last - height * WORD_GAP;
      const isApart = isBack || (before !== undefined && from - reached > height * WORD_GAP);
      line.runs.push({ left, text: (isApart && !/\s$/u.test(before?.text ?? ' ') ? ' ' : '') + characters(item.str) });
      reached = before === undefined || isBack ? to : Math.max(reached, to);
      last = from;
      line.right = Math.max(line.right, right);
      line.height = Math.max(line.height, height);
    }
    if (item.hasEOL && line !== undefined) {
      lines.push(line);
      line = undefined;
    }
  }
  if (line !== undefined) lines.push(line);
  for (const [index, field] of fields.entries()) {
    if (index < MAX_PLACED_FIELDS) place(field, lines);
    else lines.push(lineOf(field));
  }
  for (const finished of lines) finished.text = finished.runs.map(({ text }) => text).join('');
  return lines;
}

/** Start of a run in the direction of its text, which may be vertical. */
function along(transform: readonly unknown[]): number {
  const [a = 1, b = 0, , , x = 0, y = 0] = transform.map(Number);
  const length = Math.hypot(a, b);
  return length > 0 ? (x * a + y * b) / length : x;
}

/** Fonts often use the code of a radical for the ideograph. */
function characters(text: string): string {
  return withoutRadicals(text).replace(KANGXI, (radical) => radical.normalize('NFKC'));
}

function place(field: FieldValue, lines: Line[]): void {
  const { left, bottom, top } = field;
  const beside = lines.filter((line) => line.baseline >= bottom - line.height / 2 && line.baseline <= top);
  const label =
    nearest(
      beside.filter((line) => line.left <= left),
      (line) => Math.abs(left - line.right),
    ) ?? nearest(beside, (line) => line.left - left);
  if (label !== undefined) {
    label.isField = true;
    const after = label.runs.filter((run) => run.left <= left).length;
    const isFirst = after === 0;
    label.runs.splice(after, 0, { left, text: isFirst ? `${field.value} ` : ` ${field.value} ` });
    return;
  }
  const above = nearest(
    lines.filter((line) => line.baseline > top && line.left < field.right && line.right > left),
    (line) => line.baseline - top,
  );
  lines.splice(above === undefined ? lines.length : lines.indexOf(above) + 1, 0, lineOf(field));
}

function lineOf({ left, right, bottom, top, value, label }: FieldValue): Line {
  const text = label === '' ? value : `${label}: ${value}`;
  return {
    text,
    left,
    right,
    baseline: bottom,
    height: Math.min(top - bottom, 12),
    isField: true,
    runs: [{ left, text }],
  };
}

function nearest(lines: readonly Line[], distance: (line: Line) => number): Line | undefined {
  let best: Line | undefined;
  for (const line of lines) if (best === undefined || distance(line) < distance(best)) best = line;
  return best;
}

function isTextItem(item: object): item is TextItem {
  return 'str' in item;
}
