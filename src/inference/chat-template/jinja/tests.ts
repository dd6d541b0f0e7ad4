import {
  isBoolean,
  isDict,
  isFloat,
  isFunction,
  isInteger,
  isList,
  isNone,
  isText,
  isTrue,
  isUndefined,
  numberIn,
  type JinjaValue,
} from './library.js';
import { applyOperator, contains, isEqual } from './operators.js';

type Test = (value: JinjaValue, argument: JinjaValue | undefined) => boolean;

const compared =
  (operator: string): Test =>
  (value, argument) =>
    isTrue(applyOperator(operator, value, required(argument)));
const equal: Test = (value, argument) => isEqual(value, required(argument));
const isSized = (value: JinjaValue): boolean => isText(value) || isList(value) || isDict(value) || isUndefined(value);

/**
 * Jinja's tests. @huggingface/jinja has half of them, accepts arguments only in `selectattr`, and says that a dict is not iterable.
 */
const TESTS: Readonly<Record<string, Test>> = {
  defined: (value) => !isUndefined(value),
  undefined: (value) => isUndefined(value),
  none: (value) => isNone(value),
  boolean: (value) => isBoolean(value),
  true: (value) => isBoolean(value) && value.value,
  false: (value) => isBoolean(value) && !value.value,
  string: (value) => isText(value),
  number: (value) => numberIn(value) !== undefined,
  integer: (value) => isInteger(value),
  float: (value) => isFloat(value),
  mapping: (value) => isDict(value),
  sequence: isSized,
  iterable: isSized,
  callable: (value) => isFunction(value),
  odd: (value) => Math.abs((numberIn(value) ?? NaN) % 2) === 1,
  even: (value) => (numberIn(value) ?? NaN) % 2 === 0,
  divisibleby: (value, argument) => (numberIn(value) ?? NaN) % (numberIn(argument) ?? NaN) === 0,
  lower: (value) => isText(value) && value.value === value.value.toLowerCase(),
  upper: (value) => isText(value) && value.value === value.value.toUpperCase(),
  in: (value, argument) => contains(required(argument), value),
  sameas: (value, argument) =>
    value === argument || (!isText(value) && value.type === argument?.type && isEqual(value, argument)),
  eq: equal,
  equalto: equal,
  '==': equal,
  ne: (value, argument) => !isEqual(value, required(argument)),
  '!=': (value, argument) => !isEqual(value, required(argument)),
  lt: compared('<'),
  lessthan: compared('<'),
  '<': compared('<'),
  le: compared('<='),
  '<=': compared('<='),
  gt: compared('>'),
  greaterthan: compared('>'),
  '>': compared('>'),
  ge: compared('>='),
  '>=': compared('>='),
};

/** @throws {TypeError} for a test that Jinja does not have. */
export function runTest(name: string, value: JinjaValue, args: readonly JinjaValue[]): boolean {
  const test = Object.hasOwn(TESTS, name) ? TESTS[name] : undefined;
  if (test === undefined) throw new TypeError(`no test named '${name}'`);
  return test(value, args[0]);
}

function required(argument: JinjaValue | undefined): JinjaValue {
  if (argument === undefined) throw new TypeError('a test misses its argument');
  return argument;
}
