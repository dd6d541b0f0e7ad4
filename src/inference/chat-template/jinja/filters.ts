import {
  elementsOf,
  floatOf,
  generatorOf,
  integerOf,
  isBoolean,
  isDict,
  isInteger,
  isList,
  isNamespace,
  isNone,
  isText,
  isTrue,
  isUndefined,
  keyOf,
  listOf,
  numberIn,
  readArguments,
  textOf,
  tupleOf,
  typeName,
  UNDEFINED,
  type JinjaValue,
} from './library.js';
import { formatPercent } from './format-text.js';
import { escaped, markupOf } from './markup.js';
import { compare, isEqual } from './operators.js';
import { pythonJson, pythonText } from './python-text.js';
import { capitalized, characters, replaceText, strip, titled } from './string-methods.js';
import { runTest } from './tests.js';

type Filter = (value: JinjaValue, args: readonly JinjaValue[]) => JinjaValue;

/**
 * Jinja's filters as its documentation describes them, with `tojson` as transformers defines it. @huggingface/jinja has fewer, refuses most
 * of them on undefined values, counts UTF-16 units, and omits the fraction of whole floats in JSON.
 */
const FILTERS: Readonly<Record<string, Filter>> = {
  tojson: toJson,
  string: (value) => textOf(pythonText(value)),
  safe: (value) => markupOf(pythonText(value)),
  trim: (value, args) => {
    const { chars } = readArguments(args, 'chars');
    return textOf(strip(pythonText(value), isText(chars) ? chars.value : undefined, 'both'));
  },
  upper: (value) => textOf(pythonText(value).toUpperCase()),
  lower: (value) => textOf(pythonText(value).toLowerCase()),
  capitalize: (value) => textOf(capitalized(pythonText(value))),
  title: (value) => textOf(titled(pythonText(value))),
  replace: (value, args) => textOf(replaceText(pythonText(value), args)),
  indent: (value, args) => textOf(indented(pythonText(value), args)),
  format: (value, args) => textOf(formatPercent(pythonText(value), tupleOf(args))),
  escape: (value) => markupOf(escaped(pythonText(value))),
  e: (value) => markupOf(escaped(pythonText(value))),
  wordcount: (value) => integerOf(pythonText(value).match(/[\p{L}\p{N}_]+/gu)?.length ?? 0),
  default: defaulted,
  d: defaulted,
  length,
  count: length,
  list: (value) => listOf(elementsOf(value)),
  first: (value) => elementsOf(value)[0] ?? UNDEFINED,
  last: (value) => elementsOf(value).at(-1) ?? UNDEFINED,
  reverse: (value) =>
    isText(value) ? textOf(Array.from(value.value).toReversed().join('')) : generatorOf(elementsOf(value).toReversed()),
  join: (value, args) => {
    const { d, attribute } = readArguments(args, 'd', 'attribute');
    const parts = elementsOf(value).map((each) => pythonText(attributeOf(each, attribute)));
    return textOf(parts.join(d === undefined ? '' : pythonText(d)));
  },
  unique: (value) => {
    const seen: JinjaValue[] = [];
    for (const each of elementsOf(value)) {
      if (!seen.some((other) => isEqual(folded(other), folded(each)))) seen.push(each);
    }
    return generatorOf(seen);
  },
  items: (value) => {
    if (isUndefined(value)) return generatorOf([]);
    if (!isDict(value)) throw new TypeError('Can only get item pairs from a mapping.');
    return generatorOf(pairsOf(value.value));
  },
  abs: (value) => withNumber(value, Math.abs),
  int: (value, args) => {
    const { default: fallback } = readArguments(args, 'default', 'base');
    const number = numberIn(value) ?? (isText(value) && /^\s*[-+]?\d/u.test(value.value) ? Number(value.value) : NaN);
    return Number.isFinite(number) ? integerOf(Math.trunc(number)) : (fallback ?? integerOf(0));
  },
  float: (value, args) => {
    const { default: fallback } = readArguments(args, 'default');
    const number = numberIn(value) ?? (isText(value) && value.value.trim() !== '' ? Number(value.value) : NaN);
    return Number.isFinite(number) ? floatOf(number) : (fallback ?? floatOf(0));
  },
  sum: (value, args) => {
    const { attribute, start } = readArguments(args, 'attribute', 'start');
    return elementsOf(value).reduce((total, each) => sumOf(total, attributeOf(each, attribute)), start ?? integerOf(0));
  },
  min: (value) => inOrder(elementsOf(value), (each) => each, undefined, undefined)[0] ?? UNDEFINED,
  max: (value) => inOrder(elementsOf(value), (each) => each, undefined, undefined).at(-1) ?? UNDEFINED,
  sort: sorted,
  dictsort: dictSorted,
  map: mapped,
  select: (value, args) => chosen(value, args, false, true),
  reject: (value, args) => chosen(value, args, false, false),
  selectattr: (value, args) => chosen(value, args, true, true),
  rejectattr: (value, args) => chosen(value, args, true, false),
};

/** @returns undefined if this is not a filter of Jinja. @throws {TypeError} as Python's filter would. */
export function applyFilter(name: string, value: JinjaValue, args: readonly JinjaValue[]): JinjaValue | undefined {
  return Object.hasOwn(FILTERS, name) ? FILTERS[name]?.(value, args) : undefined;
}

// source: https://github.com/huggingface/transformers/blob/v4.57.1/src/transformers/utils/chat_template_utils.py (tojson)
function toJson(value: JinjaValue, args: readonly JinjaValue[]): JinjaValue {
  const { ensure_ascii, indent, separators, sort_keys } = readArguments(
    args,
    'ensure_ascii',
    'indent',
    'separators',
    'sort_keys',
  );
  const pair = isList(separators) ? separators.value.map(pythonText) : [];
  return textOf(
    pythonJson(value, {
      ensureAscii: ensure_ascii !== undefined && isTrue(ensure_ascii),
      indent: isInteger(indent) ? ' '.repeat(indent.value) : isText(indent) ? indent.value : undefined,
      separators: pair[0] !== undefined && pair[1] !== undefined ? [pair[0], pair[1]] : undefined,
      sortKeys: sort_keys !== undefined && isTrue(sort_keys),
    }),
  );
}

function defaulted(value: JinjaValue, args: readonly JinjaValue[]): JinjaValue {
  const { default_value, boolean } = readArguments(args, 'default_value', 'boolean');
  const isMissing = isUndefined(value) || (boolean !== undefined && isTrue(boolean) && !isTrue(value));
  return isMissing ? (default_value ?? textOf('')) : value;
}

function length(value: JinjaValue): JinjaValue {
  if (isText(value)) return integerOf(characters(value.value));
  if (isDict(value)) return integerOf(value.value.size);
  if (isList(value) || isUndefined(value)) return integerOf(elementsOf(value).length);
  throw new TypeError(`object of type '${typeName(value)}' has no len()`);
}

function indented(text: string, args: readonly JinjaValue[]): string {
  const { width, first, blank } = readArguments(args, 'width', 'first', 'blank');
  const by = isText(width) ? width.value : ' '.repeat(isInteger(width) ? width.value : 4);
  const [isFirst, isBlank] = [first, blank].map((flag) => flag !== undefined && isTrue(flag));
  const lines = text.split('\n');
  return lines
    .map((line, index) => {
      const isIndented = index === 0 ? isFirst : isBlank || line !== '';
      return isIndented ? by + line : line;
    })
    .join('\n');
}

function mapped(value: JinjaValue, args: readonly JinjaValue[]): JinjaValue {
  // Jinja does not iterate over values that are false, such as `none`.
  if (!isTrue(value)) return generatorOf([]);
  const [name] = args;
  if (isText(name)) {
    return generatorOf(
      elementsOf(value).map((each) => {
        const result = applyFilter(name.value, each, args.slice(1));
        if (result === undefined) throw new TypeError(`no filter named '${name.value}'`);
        return result;
      }),
    );
  }
  const { attribute, default: fallback } = readArguments(args, 'attribute', 'default');
  return generatorOf(
    elementsOf(value).map((each) => {
      const found = attributeOf(each, attribute);
      return isUndefined(found) ? (fallback ?? found) : found;
    }),
  );
}

function chosen(value: JinjaValue, args: readonly JinjaValue[], byAttribute: boolean, wanted: boolean): JinjaValue {
  if (!isTrue(value)) return generatorOf([]);
  const attribute = byAttribute ? args[0] : undefined;
  const [test, ...rest] = byAttribute ? args.slice(1) : args;
  return generatorOf(
    elementsOf(value).filter((each) => {
      const subject = attributeOf(each, attribute);
      return (isText(test) ? runTest(test.value, subject, rest) : isTrue(subject)) === wanted;
    }),
  );
}

function sorted(value: JinjaValue, args: readonly JinjaValue[]): JinjaValue {
  const { reverse, case_sensitive, attribute } = readArguments(args, 'reverse', 'case_sensitive', 'attribute');
  return listOf(inOrder(elementsOf(value), (each) => attributeOf(each, attribute), reverse, case_sensitive));
}

function dictSorted(value: JinjaValue, args: readonly JinjaValue[]): JinjaValue {
  const { case_sensitive, by, reverse } = readArguments(args, 'case_sensitive', 'by', 'reverse');
  if (!isDict(value)) throw new TypeError(`'${typeName(value)}' object has no items`);
  const at = isText(by) && by.value === 'value' ? 1 : 0;
  return listOf(inOrder(pairsOf(value.value), (pair) => elementsOf(pair)[at] ?? pair, reverse, case_sensitive));
}

/** Sorts stably in both directions, as Python does. */
function inOrder(
  elements: readonly JinjaValue[],
  key: (element: JinjaValue) => JinjaValue,
  reverse: JinjaValue | undefined,
  caseSensitive: JinjaValue | undefined,
): readonly JinjaValue[] {
  const isExact = caseSensitive !== undefined && isTrue(caseSensitive);
  const direction = reverse !== undefined && isTrue(reverse) ? -1 : 1;
  const rank = (element: JinjaValue): JinjaValue => (isExact ? key(element) : folded(key(element)));
  return elements.toSorted((left, right) => {
    const order = compare(rank(left), rank(right));
    if (order === undefined) throw new TypeError(`'${typeName(left)}' and '${typeName(right)}' have no order`);
    return order * direction;
  });
}

function pairsOf(entries: ReadonlyMap<string | number, JinjaValue>): readonly JinjaValue[] {
  return [...entries].map(([key, each]) => tupleOf([keyOf(key), each]));
}

/** `attribute` may be a path with dots or an index; if undefined, this returns the element itself. */
function attributeOf(element: JinjaValue, attribute: JinjaValue | undefined): JinjaValue {
  if (attribute === undefined || isNone(attribute)) return element;
  return pythonText(attribute)
    .split('.')
    .reduce<JinjaValue>((value, part) => {
      if (isDict(value) || isNamespace(value)) return value.value.get(part) ?? UNDEFINED;
      if (isList(value) && /^\d+$/u.test(part)) return value.value[Number(part)] ?? UNDEFINED;
      return UNDEFINED;
    }, element);
}

function sumOf(left: JinjaValue, right: JinjaValue): JinjaValue {
  const [a, b] = [numberIn(left), numberIn(right)];
  if (a === undefined || b === undefined) throw new TypeError('sum of what is no number');
  return Number.isInteger(a + b) ? integerOf(a + b) : floatOf(a + b);
}

function withNumber(value: JinjaValue, change: (number: number) => number): JinjaValue {
  const number = numberIn(value);
  if (number === undefined) throw new TypeError(`bad operand type: '${typeName(value)}'`);
  return isInteger(value) || isBoolean(value) ? integerOf(change(number)) : floatOf(change(number));
}

/** Jinja's `unique` and `sort` ignore case. */
function folded(value: JinjaValue): JinjaValue {
  return isText(value) ? textOf(value.value.toLowerCase()) : value;
}
