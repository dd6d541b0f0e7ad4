/** A cycle longer than this is not looked for. A paragraph of a model that goes round in circles is shorter. */
const LONGEST_PERIOD = 256;
/** Beside `leastRepeated`: what repeats must have come this many times more. A refrain comes twice, a table has rows alike. */
const LEAST_CYCLES = 2;

/**
 * Tells when an answer has begun to go round in circles: its newest tokens repeat, without a break, what came right before,
 * at least twice and over at least `leastRepeated` tokens. Exact repetition only, so that lists, code and verse, whose lines are
 * alike but not the same, pass. It depends on the tokens alone: a resumed answer ends where it would have ended.
 */
export class RepetitionDetector {
  private readonly tokens: number[] = [];
  /** At `period`: how many of the newest tokens equal the one `period` before them. */
  private readonly runs = new Uint32Array(LONGEST_PERIOD + 1);

  /** `leastRepeated` tokens; 0 never finds anything. */
  constructor(private readonly leastRepeated: number) {}

  /** Adds a token; true when the text repeats itself. */
  push(token: number): boolean {
    const { tokens, runs, leastRepeated } = this;
    if (leastRepeated === 0) return false;
    let found = false;
    for (let period = Math.min(LONGEST_PERIOD, tokens.length); period > 0; period--) {
      const run = tokens[tokens.length - period] === token ? (runs[period] ?? 0) + 1 : 0;
      runs[period] = run;
      found ||= run >= Math.max(leastRepeated, LEAST_CYCLES * period);
    }
    tokens.push(token);
    return found;
  }
}
