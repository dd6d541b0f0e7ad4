import {
  dictOf,
  elementsOf,
  functionOf,
  isDict,
  isInteger,
  isKeywords,
  isText,
  keyOf,
  listOf,
  NONE,
  toValue,
  tupleOf,
  typeName,
  UNDEFINED,
  type DictValue,
  type JinjaValue,
} from './library.js';
import { isEqual } from './operators.js';

/**
 * Dicts and lists with Python's semantics: `a.items` is the method even if there is an entry of that name, and keys may be whole numbers.
 * @huggingface/jinja refuses such keys and prefers entries to methods.
 */
export function dictMember(dict: DictValue, key: string | number | undefined, isAttribute: boolean): JinjaValue {
  if (key === undefined) return UNDEFINED;
  const method = typeof key === 'string' ? dictMethod(dict, key) : undefined;
  return (isAttribute ? (method ?? dict.value.get(key)) : (dict.value.get(key) ?? method)) ?? UNDEFINED;
}

function dictMethod(dict: DictValue, name: string): JinjaValue | undefined {
  switch (name) {
    case 'items':
      return functionOf(() => listOf([...dict.value].map(([key, value]) => tupleOf([keyOf(key), value]))));
    case 'keys':
      return functionOf(() => listOf(elementsOf(dict)));
    case 'values':
      return functionOf(() => listOf([...dict.value.values()]));
    case 'copy':
      return functionOf(() => dictOf(new Map(dict.value)));
    case 'get':
      return functionOf(([key, fallback]) =>
        isText(key) || isInteger(key) ? (dict.value.get(key.value) ?? fallback ?? NONE) : (fallback ?? NONE),
      );
    default:
      return undefined;
  }
}

/** A method of a list. Methods that change the list are refused, as in transformers' sandbox. */
export function listMethod(elements: readonly JinjaValue[], name: string): JinjaValue {
  switch (name) {
    case 'index':
      return functionOf(([wanted]) => {
        const at = elements.findIndex((each) => wanted !== undefined && isEqual(each, wanted));
        if (at < 0) throw new TypeError('the value is not in the list');
        return toValue(at);
      });
    case 'count':
      return functionOf(([wanted]) =>
        toValue(elements.filter((each) => wanted !== undefined && isEqual(each, wanted)).length),
      );
    default:
      return UNDEFINED;
  }
}

/** A dict of evaluated keys and values, in their order. */
export function dictFrom(pairs: readonly (readonly [JinjaValue, JinjaValue])[]): JinjaValue {
  const entries = new Map<string | number, JinjaValue>();
  for (const [key, value] of pairs) {
    if (!isText(key) && !isInteger(key)) throw new TypeError(`a dict key of type ${typeName(key)} is not supported`);
    entries.set(key.value, value);
  }
  return dictOf(entries);
}

/** `dict(a=1)` of Python, without its positional forms. */
export const dictFunction = functionOf((args) => {
  const [first, ...rest] = args;
  if (first === undefined) return dictOf(new Map());
  if (rest.length > 0 || !(isKeywords(first) || isDict(first))) throw new TypeError(`dict() of a ${typeName(first)}`);
  return dictOf(new Map(first.value));
});
