import { booleanOf, dictOf, functionOf, integerOf, UNDEFINED, type JinjaValue } from './library.js';
import { isEqual } from './operators.js';

/** `{% break %}` and `{% continue %}` on their way to their loop, with what was written in the round so far. */
export class LoopExit extends Error {
  text = '';

  constructor(readonly kind: 'Break' | 'Continue') {
    super(`${kind} outside of a loop`);
  }
}

/** The variable `loop` of each round, with `cycle` and `changed`, which @huggingface/jinja lacks. */
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
