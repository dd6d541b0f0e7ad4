/** Longest cycle that is detected, in tokens. The paragraphs that a model repeats when it goes round in circles are shorter. */
const LONGEST_PERIOD = 256;
/** Minimum number of repetitions, in addition to `leastRepeated` tokens. A refrain occurs twice, and rows of a table are alike. */
const LEAST_CYCLES = 2;

/**
 * Detects that an answer goes round in circles: its newest tokens repeat the preceding ones without a break, at least twice and over at
 * least `leastRepeated` tokens. Only exact repetitions count, so lists, code and verse with similar lines pass. The result depends only on
 * the tokens, so a resumed answer ends where it would have ended.
 */
export class RepetitionDetector {
  private readonly tokens: number[] = [];
  /** For each `period`, how many of the newest tokens equal the token `period` before them. */
  private readonly runs = new Uint32Array(LONGEST_PERIOD + 1);

  /** @param leastRepeated minimum number of repeated tokens; 0 disables the detection */
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
