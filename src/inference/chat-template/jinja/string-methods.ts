import {
  booleanOf,
  elementsOf,
  functionOf,
  integerOf,
  isInteger,
  isNone,
  isText,
  isTuple,
  listOf,
  readArguments,
  textOf,
  tupleOf,
  typeName,
  type FunctionValue,
  type JinjaValue,
} from './library.js';
import { formatBraces } from './format-text.js';

/** The characters that Python's `strip` removes by default. JavaScript's `trim` also removes U+FEFF, and keeps U+001C to U+001F and U+0085. */
const SPACE = '\\t-\\r\\x1c- \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const LEADING = new RegExp(`^[${SPACE}]+`, 'u');
const TRAILING_CHARACTER = new RegExp(`[${SPACE}]`, 'u');
const SPACES = new RegExp(`[${SPACE}]+`, 'u');

type Method = (text: string, args: readonly JinjaValue[]) => JinjaValue;

/**
 * Methods of Python's strings. @huggingface/jinja has only some of them, ignores the argument of `strip` and its variants, and changes
 * letters within words to upper case in `title`; templates cut thoughts out with `split`, `lstrip('\n')` and `rstrip('\n')`.
 */
const METHODS: Readonly<Record<string, Method>> = {
  upper: (text) => textOf(text.toUpperCase()),
  lower: (text) => textOf(text.toLowerCase()),
  capitalize: (text) => textOf(capitalized(text)),
  title: (text) => textOf(titled(text)),
  strip: (text, args) => textOf(strip(text, charactersIn(args), 'both')),
  lstrip: (text, args) => textOf(strip(text, charactersIn(args), 'start')),
  rstrip: (text, args) => textOf(strip(text, charactersIn(args), 'end')),
  startswith: (text, args) => booleanOf(prefixesIn(args).some((prefix) => text.startsWith(prefix))),
  endswith: (text, args) => booleanOf(prefixesIn(args).some((suffix) => text.endsWith(suffix))),
  removeprefix: (text, args) => {
    const prefix = requiredText(args[0]);
    return textOf(text.startsWith(prefix) ? text.slice(prefix.length) : text);
  },
  removesuffix: (text, args) => {
    const suffix = requiredText(args[0]);
    return textOf(suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text);
  },
  split: (text, args) => listOf(split(text, args).map(textOf)),
  rsplit: (text, args) => listOf(splitFromEnd(text, args).map(textOf)),
  splitlines: (text) => listOf(linesOf(text).map(textOf)),
  partition: (text, args) => parted(text, requiredText(args[0]), text.indexOf(requiredText(args[0])), 'start'),
  rpartition: (text, args) => parted(text, requiredText(args[0]), text.lastIndexOf(requiredText(args[0])), 'end'),
  replace: (text, args) => textOf(replaceText(text, args)),
  find: (text, args) =>
    integerOf(characters(text.slice(0, Math.max(0, text.indexOf(requiredText(args[0]))))) - absent(text, args)),
  count: (text, args) => integerOf(text.split(requiredText(args[0])).length - 1),
  join: (text, args) =>
    textOf(
      elementsOf(args[0] ?? listOf([]))
        .map(requiredText)
        .join(text),
    ),
  format: (text, args) => textOf(formatBraces(text, args)),
  isdigit: (text) => booleanOf(/^\p{Nd}+$/u.test(text)),
  isnumeric: (text) => booleanOf(/^\p{N}+$/u.test(text)),
  isalpha: (text) => booleanOf(/^\p{L}+$/u.test(text)),
  isalnum: (text) => booleanOf(/^[\p{L}\p{N}]+$/u.test(text)),
  isspace: (text) => booleanOf(text !== '' && strip(text, undefined, 'both') === ''),
  isupper: (text) => booleanOf(text === text.toUpperCase() && text !== text.toLowerCase()),
  islower: (text) => booleanOf(text === text.toLowerCase() && text !== text.toUpperCase()),
};

/** A method bound to a text; undefined if there is no method of that name. */
export function stringMethod(text: string, name: string): FunctionValue | undefined {
  const method = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
  return method && functionOf((args) => method(text, args));
}

/** Removes characters in `stripped` from the ends of a text; if undefined, removes white space as Python defines it. */
export function strip(text: string, stripped: string | undefined, side: 'start' | 'end' | 'both'): string {
  const listed = stripped === undefined ? undefined : new Set(stripped);
  let rest = text;
  if (side !== 'end') {
    if (listed === undefined) rest = rest.replace(LEADING, '');
    else while (rest !== '' && listed.has(firstOf(rest))) rest = rest.slice(firstOf(rest).length);
  }
  if (side !== 'start') {
    let end = rest.length;
    while (end > 0 && isAmong(rest.slice(end - 1, end), listed)) end -= 1;
    rest = rest.slice(0, end);
  }
  return rest;
}

function firstOf(text: string): string {
  return String.fromCodePoint(text.codePointAt(0) ?? 0);
}

// eslint-disable-next-line no-control-regex
const LINE_END = new RegExp('\\r\\n|[\\n-\\r\\x1c-\\x1e\\x85\\u2028\\u2029]', 'u');

function linesOf(text: string): readonly string[] {
  const lines = text.split(LINE_END);
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

function isAmong(character: string, listed: ReadonlySet<string> | undefined): boolean {
  return listed === undefined ? TRAILING_CHARACTER.test(character) : listed.has(character);
}

export function capitalized(text: string): string {
  const [first = ''] = text;
  return first.toUpperCase() + text.slice(first.length).toLowerCase();
}

export function titled(text: string): string {
  return text.replace(/\p{L}+/gu, capitalized);
}

/** Counts characters, as Python does; JavaScript counts UTF-16 units. */
export function characters(text: string): number {
  return Array.from(text).length;
}

export function replaceText(text: string, args: readonly JinjaValue[]): string {
  const { old, to, count } = readArguments(args, 'old', 'to', 'count');
  const [wanted, given] = [requiredText(old), requiredText(to)];
  let left = isInteger(count) && count.value >= 0 ? count.value : Number.POSITIVE_INFINITY;
  const pieces = wanted === '' ? ['', ...Array.from(text), ''] : text.split(wanted);
  return pieces.reduce((replaced, piece) => {
    left -= 1;
    return `${replaced}${left >= 0 ? given : wanted}${piece}`;
  });
}

function charactersIn(args: readonly JinjaValue[]): string | undefined {
  const { chars } = readArguments(args, 'chars');
  return chars === undefined || isNone(chars) ? undefined : requiredText(chars);
}

function prefixesIn([prefixes]: readonly JinjaValue[]): readonly string[] {
  return isTuple(prefixes) ? prefixes.value.map(requiredText) : [requiredText(prefixes)];
}

function split(text: string, args: readonly JinjaValue[]): readonly string[] {
  const [separator, most] = splitArguments(args);
  if (separator !== undefined) {
    const pieces = text.split(separator);
    return pieces.length <= most + 1 ? pieces : [...pieces.slice(0, most), pieces.slice(most).join(separator)];
  }
  const pieces: string[] = [];
  let rest = strip(text, undefined, 'start');
  while (rest !== '') {
    const end = pieces.length < most ? SPACES.exec(rest) : null;
    pieces.push(end === null ? rest : rest.slice(0, end.index));
    rest = end === null ? '' : rest.slice(end.index + end[0].length);
  }
  return pieces;
}

function splitFromEnd(text: string, args: readonly JinjaValue[]): readonly string[] {
  const [separator, most] = splitArguments(args);
  if (separator === undefined) throw new TypeError('rsplit without a separator');
  const pieces = text.split(separator);
  const kept = Math.max(0, pieces.length - 1 - most);
  return kept === 0 ? pieces : [pieces.slice(0, kept + 1).join(separator), ...pieces.slice(kept + 1)];
}

/** The separator, undefined for white space, and the maximum number of cuts. */
function splitArguments(args: readonly JinjaValue[]): readonly [string | undefined, number] {
  const { sep, maxsplit } = readArguments(args, 'sep', 'maxsplit');
  const separator = sep === undefined || isNone(sep) ? undefined : requiredText(sep);
  if (separator === '') throw new TypeError('empty separator');
  return [separator, isInteger(maxsplit) && maxsplit.value >= 0 ? maxsplit.value : Number.POSITIVE_INFINITY];
}

function parted(text: string, separator: string, at: number, side: 'start' | 'end'): JinjaValue {
  const empty = side === 'start' ? [text, '', ''] : ['', '', text];
  const pieces = at < 0 ? empty : [text.slice(0, at), separator, text.slice(at + separator.length)];
  return tupleOf(pieces.map(textOf));
}

function absent(text: string, args: readonly JinjaValue[]): number {
  return text.includes(requiredText(args[0])) ? 0 : 1;
}

function requiredText(value: JinjaValue | undefined): string {
  if (isText(value)) return value.value;
  throw new TypeError(`expected str, got ${value === undefined ? 'nothing' : typeName(value)}`);
}
