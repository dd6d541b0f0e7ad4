/** A cycle with more words, numbers and signs than this is not looked for. */
const LONGEST_PERIOD = 256;
/** Prose: lines of tables, code and data are alike but for their numbers, and honest. */
const LEAST_WORDS = 6;
const LEAST_WORD_SHARE = 0.6;
/** A sentence of so many words does not come again and again; a shorter one may, where somebody counts. */
const LONG_CYCLE_WORDS = 10;
const LEAST_LONG_CYCLES = 6;
const LEAST_SHORT_CYCLES = 16;

/** A word, a number, or a sign; space says nothing. */
type Item =
  { readonly kind: 'word' | 'sign'; readonly text: string } | { readonly kind: 'number'; readonly value: number };

/**
 * Tells when an answer says the same prose again and again under a running number: `(1) … (2) …`. What repeats must be alike but for
 * numbers that stay or go up by one each time; a countdown, a list of different things, a table, code or bare counting passes. It depends
 * on the text alone, however it is cut into pieces: a resumed answer ends where it would have ended.
 */
export class NumberedRepetitionDetector {
  private readonly items: Item[] = [];
  /** At `period`: how many of the newest items are like the one `period` before them. */
  private readonly runs = new Uint32Array(LONGEST_PERIOD + 1);
  /** The item that may go on with the next piece. */
  private open = '';

  /** `leastRepeated` words, numbers and signs; 0 never finds anything. */
  constructor(private readonly leastRepeated: number) {}

  /** Adds text; true when it repeats itself. */
  push(text: string): boolean {
    if (this.leastRepeated === 0) return false;
    const parts = (this.open + text).match(ITEM) ?? [];
    // Space closes a word; without any, the last part may go on.
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
      // Looked at once a cycle: what is alike but honest, such as a long table, must not cost more with each line.
      if (run >= Math.max(this.leastRepeated, LEAST_LONG_CYCLES * period) && run % period === 0) {
        found ||= this.isRunningOn([...items.slice(-LEAST_SHORT_CYCLES * period - period + 1), item], period, run);
      }
    }
    items.push(item);
    return found;
  }

  /** Whether these items are one cycle of prose, again and again, whose numbers stay or go up by one, one of them at least. */
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

/** Scripts without spaces have a word a character. */
const ITEM =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]\p{M}*|\p{Nd}+|(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}])\p{L}\p{M}*|(?<=\p{L})['’](?=\p{L}))+|[^\s\p{L}\p{M}\p{Nd}]/gu;

function itemOf(text: string): Item {
  if (/^\p{Nd}/u.test(text)) return { kind: 'number', value: Number(text.normalize('NFKC')) };
  return { kind: /^\p{L}/u.test(text) ? 'word' : 'sign', text };
}

function isAlike(a: Item, b: Item): boolean {
  return a.kind === 'number' ? b.kind === 'number' : b.kind !== 'number' && a.text === b.text;
}
