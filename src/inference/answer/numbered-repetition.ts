/** Longest cycle that is detected, in words, numbers and signs. */
const LONGEST_PERIOD = 256;
/**
 * Minimum number of words of a cycle, so that only prose counts: lines of tables, code and data that differ only in their numbers are
 * legitimate.
 */
const LEAST_WORDS = 6;
const LEAST_WORD_SHARE = 0.6;
/** A sentence of this many words is not repeated again and again legitimately; a shorter one may be, e.g. when counting. */
const LONG_CYCLE_WORDS = 10;
const LEAST_LONG_CYCLES = 6;
const LEAST_SHORT_CYCLES = 16;

/** A word, a number, or a sign; white space is ignored. */
type Item =
  { readonly kind: 'word' | 'sign'; readonly text: string } | { readonly kind: 'number'; readonly value: number };

/**
 * Detects that an answer repeats the same prose again and again under a running number: `(1) … (2) …`. The repetitions must be equal except
 * for numbers that stay or increase by one each time. A countdown, a list of different items, a table, code or plain counting is not
 * detected. The result depends only on the text, not on how it is cut into pieces, so a resumed answer ends where it would have ended.
 */
export class NumberedRepetitionDetector {
  private readonly items: Item[] = [];
  /** For each `period`, how many of the newest items equal the item `period` before them. */
  private readonly runs = new Uint32Array(LONGEST_PERIOD + 1);
  /** The item that the next piece may continue. */
  private open = '';

  /** @param leastRepeated minimum number of repeated words, numbers and signs; 0 disables the detection */
  constructor(private readonly leastRepeated: number) {}

  /** Adds text; true when it repeats itself. */
  push(text: string): boolean {
    if (this.leastRepeated === 0) return false;
    const parts = (this.open + text).match(ITEM) ?? [];
    // White space closes a word; without it, the last part may continue.
    const isOpen = /[\p{L}\p{M}\p{Nd}'’]$/u.test(text === '' ? this.open : text);
    this.open = isOpen ? (parts.pop() ?? '') : '';
    return parts.map((part) => this.add(itemOf(part))).includes(true);
  }

  private add(item: Item): boolean {
    const { items, runs } = this;
    let found = false;
    for (let period = Math.min(LONGEST_PERIOD, items.length); period > 0; period--) {
      const before = items[items.length - period];
      const run = before !== undefined && isAlike(before, item) ? (runs[period] ?? 0) + 1 : 0;
      runs[period] = run;
      // Checked once per cycle, so that legitimate repetitions, such as a long table, do not cost more with each line.
      if (run >= Math.max(this.leastRepeated, LEAST_LONG_CYCLES * period) && run % period === 0) {
        found ||= this.isRunningOn([...items.slice(-LEAST_SHORT_CYCLES * period - period + 1), item], period, run);
      }
    }
    items.push(item);
    return found;
  }

  /** Whether these items are repetitions of one cycle of prose whose numbers stay or increase by one, with at least one increase. */
  private isRunningOn(all: readonly Item[], period: number, run: number): boolean {
    const items = all.slice(-run - period);
    const cycle = items.slice(-period);
    const words = cycle.filter(({ kind }) => kind === 'word').length;
    if (words < LEAST_WORDS || words < LEAST_WORD_SHARE * period) return false;
    const cycles = words >= LONG_CYCLE_WORDS ? LEAST_LONG_CYCLES : LEAST_SHORT_CYCLES;
    if (items.length - period < cycles * period) return false;
    const steps = items.slice(period).flatMap((item, index) => {
      const before = items[index];
      return item.kind === 'number' && before?.kind === 'number' ? [item.value - before.value] : [];
    });
    return steps.includes(1) && steps.every((step) => step === 0 || step === 1);
  }
}

/** In scripts without spaces, each character is a word. */
const ITEM =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]\p{M}*|\p{Nd}+|(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}])\p{L}\p{M}*|(?<=\p{L})['’](?=\p{L}))+|[^\s\p{L}\p{M}\p{Nd}]/gu;

function itemOf(text: string): Item {
  if (/^\p{Nd}/u.test(text)) return { kind: 'number', value: Number(text.normalize('NFKC')) };
  return { kind: /^\p{L}/u.test(text) ? 'word' : 'sign', text };
}

function isAlike(a: Item, b: Item): boolean {
  return a.kind === 'number' ? b.kind === 'number' : b.kind !== 'number' && a.text === b.text;
}
