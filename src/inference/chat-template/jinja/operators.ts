import { formatPercent } from './format-text.js';
import {
  booleanOf,
  floatOf,
  integerOf,
  isDict,
  isFloat,
  isInteger,
  isList,
  isNone,
  isText,
  isTuple,
  isUndefined,
  listOf,
  numberIn,
  textOf,
  tupleOf,
  typeName,
  type JinjaValue,
} from './library.js';
import { joinTexts } from './markup.js';
import { pythonText } from './python-text.js';

/**
 * Binary operators with Python's semantics. @huggingface/jinja compares with JavaScript's `==` (`'1' == 1`, lists never equal), joins a
 * text and a number, gives remainders the sign of the left side, and cannot repeat a text.
 *
 * @throws {TypeError} for operands that Python refuses.
 */
export function applyOperator(operator: string, left: JinjaValue, right: JinjaValue): JinjaValue {
  switch (operator) {
    case '==':
      return booleanOf(isEqual(left, right));
    case '!=':
      return booleanOf(!isEqual(left, right));
    case '~':
      return textOf(pythonText(left) + pythonText(right));
    case 'in':
      return booleanOf(contains(right, left));
    case 'not in':
      return booleanOf(!contains(right, left));
    case '<':
    case '<=':
    case '>':
    case '>=':
      return booleanOf(isOrdered(operator, left, right));
    default:
      return calculate(operator, left, right);
  }
}

export function isEqual(left: JinjaValue, right: JinjaValue): boolean {
  const [a, b] = [numberIn(left), numberIn(right)];
  if (a !== undefined || b !== undefined) return a === b;
  if (isText(left) || isText(right)) return left.type === right.type && left.value === right.value;
  if (isNone(left) || isUndefined(left)) return left.type === right.type;
  if (isList(left) && isList(right)) {
    return (
      left.type === right.type &&
      left.value.length === right.value.length &&
      left.value.every((each, index) => isEqual(each, right.value[index] ?? each))
    );
  }
  if (isDict(left) && isDict(right)) {
    return (
      left.value.size === right.value.size &&
      [...left.value].every(([key, each]) => {
        const other = right.value.get(key);
        return other !== undefined && isEqual(each, other);
      })
    );
  }
  return left === right;
}

export function contains(container: JinjaValue, element: JinjaValue): boolean {
  if (isText(container) && isText(element)) return container.value.includes(element.value);
  if (isList(container)) return container.value.some((each) => isEqual(each, element));
  if (isDict(container)) return (isText(element) || isInteger(element)) && container.value.has(element.value);
  if (isUndefined(container)) return false;
  throw new TypeError(`'${typeName(element)}' in '${typeName(container)}' is not supported`);
}

function isOrdered(operator: '<' | '<=' | '>' | '>=', left: JinjaValue, right: JinjaValue): boolean {
  const order = compare(left, right);
  if (order === undefined) throw unsupported(operator, left, right);
  if (order === 0) return operator.endsWith('=');
  return order < 0 === operator.startsWith('<');
}

/** Negative, positive or 0 if `left` sorts before, after or equal to `right`; undefined if Python cannot compare such values. */
export function compare(left: JinjaValue, right: JinjaValue): number | undefined {
  const [a, b] = [numberIn(left), numberIn(right)];
  if (a !== undefined && b !== undefined) return a - b;
  if (!isText(left) || !isText(right)) return undefined;
  // Compares by code points, as Python does; UTF-16 units would sort surrogate pairs before U+E000.
  return Buffer.compare(Buffer.from(left.value), Buffer.from(right.value));
}

function calculate(operator: string, left: JinjaValue, right: JinjaValue): JinjaValue {
  const [a, b] = [numberIn(left), numberIn(right)];
  if (a !== undefined && b !== undefined) {
    const result = arithmetic(operator, a, b);
    if (result === undefined) throw unsupported(operator, left, right);
    const isWhole = operator !== '/' && !isFloat(left) && !isFloat(right) && Number.isInteger(result);
    return isWhole ? integerOf(result) : floatOf(result);
  }
  if (operator === '+' && isText(left) && isText(right)) return joinTexts([left, right]);
  if (operator === '+' && isList(left) && isList(right) && left.type === right.type) {
    const joined = [...left.value, ...right.value];
    return isTuple(left) ? tupleOf(joined) : listOf(joined);
  }
  if (operator === '*' && isText(left) && isInteger(right)) return textOf(left.value.repeat(Math.max(0, right.value)));
  if (operator === '%' && isText(left)) return textOf(formatPercent(left.value, right));
  throw unsupported(operator, left, right);
}

function arithmetic(operator: string, a: number, b: number): number | undefined {
  if ((operator === '/' || operator === '//' || operator === '%') && b === 0) throw new RangeError('division by zero');
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '//':
      return Math.floor(a / b);
    case '%':
      return a - b * Math.floor(a / b);
    case '**':
      return a ** b;
    default:
      return undefined;
  }
}

function unsupported(operator: string, left: JinjaValue, right: JinjaValue): TypeError {
  return new TypeError(`unsupported operand types for ${operator}: '${typeName(left)}' and '${typeName(right)}'`);
}
