/** An open element of an equation, with the text of its arguments so far. */
interface Part {
  readonly name: string;
  /** Arguments in order, each with the name of its element: `num`, `den`, `e`, … */
  readonly args: { readonly name: string; readonly text: string }[];
  readonly characters: Map<string, string>;
  text: string;
}

/** Elements with arguments, and the elements of the arguments; all others only contain text. source: ISO/IEC 29500-1, 22.1.2 */
const STRUCTURES = new Set(
  'acc bar borderBox box d eqArr f func groupChr limLow limUpp m mr nary phant rad sPre sSub sSubSup sSup'.split(' '),
);
const ARGUMENTS = new Set('num den e sub sup deg lim fName'.split(' '));
/** Operands longer than this are never a single symbol. */
const MAX_SYMBOL = 40;

/**
 * An equation as one line of text, the way people type it: `(a+b)/(2c)`, `x^2`, `√(b^2−4ac)`, `∑_(i=1)^n i`. Elements arrive one by one;
 * depth does not use the stack.
 */
export class Equation {
  private readonly open: Part[] = [];
  private root = '';

  text(text: string): void {
    const part = this.open.at(-1);
    if (part === undefined) this.root += text;
    else part.text += text;
  }

  /** @param name without its prefix */
  onOpen(name: string, value: string | undefined): void {
    if (STRUCTURES.has(name) || ARGUMENTS.has(name)) {
      this.open.push({ name, args: [], characters: new Map(), text: '' });
    } else if (/^(?:chr|begChr|endChr|sepChr|type|degHide)$/u.test(name)) {
      this.open.at(-1)?.characters.set(name, value ?? '');
    }
  }

  onClose(name: string): void {
    const part = this.open.at(-1);
    if (part?.name !== name) return;
    this.open.pop();
    if (ARGUMENTS.has(name) || name === 'mr') {
      const text = name === 'mr' ? row(part) : part.text;
      const parent = this.open.at(-1);
      if (parent !== undefined && STRUCTURES.has(parent.name)) parent.args.push({ name, text });
      else this.text(text);
    } else this.text(written(part));
  }

  /** The equation as read so far, even if elements are still open. */
  finish(): string {
    for (let part = this.open.at(-1); part !== undefined; part = this.open.at(-1)) this.onClose(part.name);
    const text = this.root;
    this.root = '';
    return text;
  }
}

function written(part: Part): string {
  const { name, args, characters, text } = part;
  const of = (argument: string): string => args.find((arg) => arg.name === argument)?.text ?? '';
  const all = args.map((arg) => arg.text);
  const e = of('e');
  const sub = of('sub') === '' ? '' : `_${operand(of('sub'))}`;
  const sup = of('sup') === '' ? '' : `^${operand(of('sup'))}`;
  switch (name) {
    case 'f':
      // A fraction without a bar is a binomial coefficient or a plain stack.
      return characters.get('type') === 'noBar'
        ? `${of('num')}¦${of('den')}`
        : `${operand(of('num'))}/${operand(of('den'))}`;
    case 'sSup':
    case 'sSub':
    case 'sSubSup':
      return `${operand(e)}${sub}${sup}`;
    case 'sPre':
      return `${sub}${sup}${operand(e)}`;
    case 'rad': {
      const degree = of('deg').trim();
      const sign = degree === '' ? '√' : degree === '3' ? '∛' : degree === '4' ? '∜' : `${operand(degree)}√`;
      return sign + operand(e);
    }
    case 'nary':
      return `${characters.get('chr') ?? '∫'}${sub}${sup} ${e}`;
    case 'd':
      return `${characters.get('begChr') ?? '('}${all.join(characters.get('sepChr') ?? '|')}${characters.get('endChr') ?? ')'}`;
    case 'func':
      return `${of('fName')}${/^[([{|]/u.test(e.slice(0, 1)) ? '' : ' '}${e}`;
    case 'limLow':
      return `${e}_${operand(of('lim'))}`;
    case 'limUpp':
      return `${e}^${operand(of('lim'))}`;
    case 'acc':
      return accented(e, characters.get('chr') ?? '\u0302');
    case 'm':
      return `[${all.join('; ')}]`;
    case 'eqArr':
      return all.join('; ');
    default:
      return all.join('') + text;
  }
}

function row({ args }: Part): string {
  return args.map((arg) => arg.text).join(', ');
}

/** In brackets if it is more than one symbol or number. */
function operand(text: string): string {
  const symbol = text.length <= MAX_SYMBOL ? text.trim() : text;
  return symbol.length <= MAX_SYMBOL && /^(?:[\p{L}\p{N}.,′∞°\p{M}]*|[−-]?\p{N}+|\([^()]*\))$/u.test(symbol)
    ? symbol
    : `(${symbol})`;
}

/** Puts a combining mark on a single letter; on longer text, it would only apply to the last letter. */
function accented(text: string, mark: string): string {
  return text.trim().length === 1 && /^\p{M}$/u.test(mark) ? text.trim() + mark : text;
}
