import { isKeywords, isTuple, numberIn, type JinjaValue } from './library.js';
import { pythonRepr, pythonText } from './python-text.js';

/**
 * Python's `text.format(…)` without format specifications, and `text % values` with `%s`, `%d`, `%r`; @huggingface/jinja has neither.
 *
 * @throws {TypeError} for any other field.
 */
export function formatBraces(text: string, args: readonly JinjaValue[]): string {
  const last = args.at(-1);
  const keywords = isKeywords(last) ? last.value : undefined;
  let next = 0;
  return text.replace(/\{\{|\}\}|\{([^{}]*)\}/gu, (all, field: string | undefined) => {
    if (field === undefined) return all.slice(1);
    if (!/^\w*$/u.test(field)) throw new TypeError(`format() of "{${field}}" is not supported`);
    const value = /^\d*$/u.test(field) ? args[field === '' ? next++ : Number(field)] : keywords?.get(field);
    if (value === undefined) throw new TypeError(`format() has no value for "{${field}}"`);
    return pythonText(value);
  });
}

export function formatPercent(text: string, values: JinjaValue): string {
  const given = isTuple(values) ? values.value : [values];
  let next = 0;
  return text.replace(/%(.?)/gsu, (_all, directive: string) => {
    if (directive === '%') return '%';
    const value = given[next++];
    if (value === undefined) throw new TypeError('not enough arguments for format string');
    if (directive === 's') return pythonText(value);
    if (directive === 'r') return pythonRepr(value);
    const number = numberIn(value);
    if (directive === 'd' && number !== undefined) return String(Math.trunc(number));
    throw new TypeError(`"%${directive}" is not supported`);
  });
}
