import { booleanOf, dictOf, functionOf, integerOf, UNDEFINED, type JinjaValue } from './library.js';
import { isEqual } from './operators.js';

/** `{% break %}` or `{% continue %}` on its way to its loop, with the text written so far in the iteration. */
export class LoopExit extends Error {
  text = '';

  constructor(readonly kind: 'Break' | 'Continue') {
    super(`${kind} outside of a loop`);
  }
}

/** The variable `loop` of each iteration, with `cycle` and `changed`, which @huggingface/jinja lacks. */
export function loopValues(elements: readonly JinjaValue[]): (index: number) => JinjaValue {
  let last: readonly JinjaValue[] | undefined;
  const changed = functionOf((values) => {
    const isSame =
      last?.length === values.length && values.every((value, at) => isEqual(value, last?.[at] ?? UNDEFINED));
    last = values;
    return booleanOf(!isSame);
  });
  const { length } = elements;
  return (index) =>
    dictOf(
      new Map<string, JinjaValue>([
        ['index', integerOf(index + 1)],
        ['index0', integerOf(index)],
        ['revindex', integerOf(length - index)],
        ['revindex0', integerOf(length - index - 1)],
        ['first', booleanOf(index === 0)],
        ['last', booleanOf(index === length - 1)],
        ['length', integerOf(length)],
        ['previtem', elements[index - 1] ?? UNDEFINED],
        ['nextitem', elements[index + 1] ?? UNDEFINED],
        ['cycle', functionOf((values) => values[index % values.length] ?? UNDEFINED)],
        ['changed', changed],
      ]),
    );
}
