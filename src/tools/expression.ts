/** An expression has no value. The message says where and why, for its author. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
}

export const MAX_EXPRESSION_LENGTH = 200;
const DEEPEST = 50;

type Token =
  | { readonly type: 'number'; readonly value: number; readonly at: number }
  | { readonly type: 'name' | 'mark'; readonly text: string; readonly at: number };

interface KnownFunction {
  readonly least: number;
  readonly most: number;
  readonly apply: (...values: number[]) => number;
}

const FUNCTIONS: Readonly<Record<string, KnownFunction>> = {
  sqrt: { least: 1, most: 1, apply: (x = Number.NaN) => (x < 0 ? fail(`sqrt(${x}) has no real value`) : Math.sqrt(x)) },
  abs: { least: 1, most: 1, apply: (x = Number.NaN) => Math.abs(x) },
  round: { least: 1, most: 2, apply: roundTo },
  min: { least: 1, most: 100, apply: Math.min },
  max: { least: 1, most: 100, apply: Math.max },
};

/** Other spellings of the same operators, as models and people write them. */
const SYNONYMS: Readonly<Record<string, string>> = { '×': '*', '·': '*', '÷': '/', '−': '-', '–': '-', '**': '^' };

/**
 * Evaluates an arithmetic expression: decimal numbers, `+ - * / ^`, `%` for the remainder, parentheses, and the functions sqrt, abs, round
 * (optionally to a number of places), min, max. `^` binds more tightly than a preceding sign and is right-associative, as on paper.
 *
 * @throws {ExpressionError} also if the result is not finite.
 */
export function evaluate(expression: string): number {
  if (expression.length > MAX_EXPRESSION_LENGTH) {
    fail(`the expression has ${expression.length} characters; at most ${MAX_EXPRESSION_LENGTH} can be calculated`);
  }
  return new Parser(tokenize(expression)).parse();
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  const pattern =
    /\s+|(\d+(?:\.\d*)?(?:[eE][-+]?\d{1,3})?|\.\d+(?:[eE][-+]?\d{1,3})?)|([a-zA-Z]+)|(\*\*|[-+*/^%(),×·÷:−–])/uy;
  while (pattern.lastIndex < text.length) {
    const at = pattern.lastIndex;
    const match = pattern.exec(text);
    if (match === null)
      fail(`"${String.fromCodePoint(text.codePointAt(at) ?? 0)}" at place ${at + 1} is not understood`);
    const [, number, name, mark] = match;
    if (number !== undefined) tokens.push({ type: 'number', value: Number(number), at });
    else if (name !== undefined) tokens.push({ type: 'name', text: name.toLowerCase(), at });
    else if (mark !== undefined) tokens.push({ type: 'mark', text: SYNONYMS[mark] ?? mark, at });
  }
  return tokens;
}

class Parser {
  private position = 0;
  private depth = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  parse(): number {
    if (this.tokens.length === 0) fail('the expression is empty');
    const value = this.sum();
    const rest = this.tokens[this.position];
    if (rest !== undefined) fail(`${nameOf(rest)} does not belong there`);
    return value;
  }

  private sum(): number {
    let value = this.product();
    for (;;) {
      if (this.takes('+')) value = finite(value + this.product());
      else if (this.takes('-')) value = finite(value - this.product());
      else return value;
    }
  }

  private product(): number {
    let value = this.signed();
    for (;;) {
      if (this.takes('*')) value = finite(value * this.signed());
      else if (this.takes('/')) value = finite(value / divisor(this.signed()));
      else if (this.takes('%'))
        value = finite(value % divisor(this.signed('"%" is the remainder; for percent divide by 100')));
      else return value;
    }
  }

  private signed(hint?: string): number {
    if (this.takes('-')) return -this.nested(() => this.signed());
    if (this.takes('+')) return this.nested(() => this.signed());
    return this.power(hint);
  }

  private power(hint?: string): number {
    const base = this.operand(hint);
    if (!this.takes('^')) return base;
    const exponent = this.nested(() => this.signed());
    if (base === 0 && exponent < 0) fail('division by zero');
    return finite(base ** exponent);
  }

  private operand(hint?: string): number {
    const token = this.tokens[this.position++];
    if (token === undefined)
      return fail(`it ends where a number should follow${hint === undefined ? '' : ` (${hint})`}`);
    if (token.type === 'number') return finite(token.value);
    if (token.type === 'name') return this.call(token.text);
    if (token.text !== '(')
      fail(`${nameOf(token)} stands where a number should${hint === undefined ? '' : ` (${hint})`}`);
    const value = this.nested(() => this.sum());
    this.expect(')');
    return value;
  }

  private call(name: string): number {
    const called = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
    if (called === undefined) return fail(`"${name}" is not known; there are ${Object.keys(FUNCTIONS).join(', ')}`);
    this.expect('(');
    const values = [this.nested(() => this.sum())];
    while (this.takes(',')) values.push(this.nested(() => this.sum()));
    this.expect(')');
    const { least, most, apply } = called;
    if (values.length < least || values.length > most) fail(`${name} does not take ${values.length} numbers`);
    return finite(apply(...values));
  }

  private nested(parse: () => number): number {
    if (++this.depth > DEEPEST) fail(`it is nested deeper than ${DEEPEST} levels`);
    const value = parse();
    this.depth--;
    return value;
  }

  private takes(mark: string): boolean {
    const token = this.tokens[this.position];
    if (token?.type !== 'mark' || token.text !== mark) return false;
    this.position++;
    return true;
  }

  private expect(mark: string): void {
    if (this.takes(mark)) return;
    const token = this.tokens[this.position];
    fail(token === undefined ? `it ends without a "${mark}"` : `${nameOf(token)} stands where "${mark}" should`);
  }
}

function roundTo(value = Number.NaN, places = 0): number {
  if (!Number.isInteger(places) || places < 0 || places > 15) fail('round takes 0 to 15 places');
  // Shifts the decimal notation, because 1.005 * 100 is less than 100.5.
  const [digits = '', exponent = '0'] = String(Math.abs(value)).split('e');
  const shifted = Math.round(Number(`${digits}e${Number(exponent) + places}`));
  const [rounded = '', power = '0'] = String(shifted).split('e');
  return Math.sign(value) * Number(`${rounded}e${Number(power) - places}`);
}

function divisor(value: number): number {
  return value === 0 ? fail('division by zero') : value;
}

function finite(value: number): number {
  if (Number.isNaN(value)) fail('it has no real value');
  return Number.isFinite(value) ? value : fail('a number in it is too large');
}

function nameOf(token: Token): string {
  const text = token.type === 'number' ? token.value : token.text;
  return `"${text}" at place ${token.at + 1}`;
}

function fail(reason: string): never {
  throw new ExpressionError(reason);
}
