import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ExpressionError, evaluate } from './expression.js';

it.each([
  ['1 + 2 * 3', 7],
  ['(1 + 2) * 3', 9],
  ['2 ^ 3 ^ 2', 512],
  ['-2 ^ 2', -4],
  ['2 ^ -2', 0.25],
  ['2 ** 10', 1024],
  ['10 - 4 - 3', 3],
  ['100 / 10 / 5', 2],
  ['17 % 5 * 2', 4],
  ['-7 % 3', -1],
  ['--3', 3],
  ['.5 + 1. + 1e-3', 1.501],
  ['12 × 3 ÷ 4 − 1', 8],
  ['sqrt(144) + abs(-3)', 15],
  ['ROUND(2.5) + round(-2.5)', 0],
  ['round(1.005, 2)', 1.01],
  ['round(123456.789, 1)', 123456.8],
  ['min(3, 1 + 1, 7) + max(4)', 6],
  ['0.1 + 0.2', 0.1 + 0.2],
])('%s = %d', (expression, value) => {
  expect(evaluate(expression)).toBe(value);
});

it.each([
  ['', 'the expression is empty'],
  ['  ', 'the expression is empty'],
  ['1 +', 'it ends where a number should follow'],
  ['20 %', 'for percent divide by 100'],
  ['15% * 80', 'for percent divide by 100'],
  ['1 2', '"2" at place 3 does not belong there'],
  ['(1 + 2', 'it ends without a ")"'],
  ['1 + 2)', '")" at place 6 does not belong there'],
  ['sqrt 4', '"4" at place 6 stands where "(" should'],
  ['sqrt(4, 2)', 'sqrt does not take 2 numbers'],
  ['max()', '")" at place 5 stands where a number should'],
  ['sqrt(-1)', 'sqrt(-1) has no real value'],
  ['(0 - 8) ^ (1 / 3)', 'it has no real value'],
  ['1 / (2 - 2)', 'division by zero'],
  ['5 % 0', 'division by zero'],
  ['0 ^ -1', 'division by zero'],
  ['10 ^ 999', 'a number in it is too large'],
  ['1e999', 'a number in it is too large'],
  ['round(1, 99)', 'round takes 0 to 15 places'],
  ['process.exit()', '"." at place 8 is not understood'],
  ['constructor(1)', '"constructor" is not known; there are sqrt, abs, round, min, max'],
  ['1 😀', '"😀" at place 3 is not understood'],
  ['1'.repeat(201), 'the expression has 201 characters'],
  ['('.repeat(60), 'nested deeper than 50 levels'],
  ['-'.repeat(60) + '1', 'nested deeper than 50 levels'],
])('%j has no value', (expression, reason) => {
  expect(() => evaluate(expression)).toThrow(ExpressionError);
  expect(() => evaluate(expression)).toThrow(reason);
});

/** Expressions in the notation shared with JavaScript, except for `^`. */
const operand = fc.integer({ min: 1, max: 99 }).map(String);
const { node } = fc.letrec<{ node: string }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    operand,
    fc.tuple(tie('node'), fc.constantFrom('+', '-', '*', '/'), tie('node')).map((parts) => parts.join(' ')),
    tie('node').map((inner) => `(${inner})`),
    tie('node').map((inner) => `-(${inner})`),
  ),
}));

it('calculates what JavaScript does', () => {
  fc.assert(
    fc.property(node, (expression) => {
      fc.pre(expression.length <= 200);
      // The generators above produce only digits and operators.
      const expected: unknown = new Function(`return ${expression}`)(); // eslint-disable-line typescript/no-implied-eval
      fc.pre(Number.isFinite(expected));
      expect(evaluate(expression)).toBe(expected);
    }),
  );
});

it('ends on any text, with a number or a reason', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'12.()+-*/^%, sqrtmax'.split('')), maxLength: 60 }), (text) => {
      let outcome: unknown;
      try {
        outcome = evaluate(text);
      } catch (error) {
        outcome = error;
      }
      expect(Number.isFinite(outcome) || outcome instanceof ExpressionError).toBe(true);
    }),
    { numRuns: 2000 },
  );
});
