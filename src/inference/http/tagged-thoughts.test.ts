import { expect, it } from 'vitest';
import { TaggedThoughts } from './tagged-thoughts.js';

function split(pieces: readonly string[]) {
  const thoughts = new TaggedThoughts();
  const parts = [...pieces.map((piece) => thoughts.take(piece)), thoughts.end()];
  return { thinking: parts.map((part) => part.thinking).join(''), text: parts.map((part) => part.text).join('') };
}

it.each([
  ['<think>Hm.</think>\n\nParis.', 'Hm.', 'Paris.'],
  ['\n<think>\nHm.\n</think>Paris.', '\nHm.\n', 'Paris.'],
  ['[THINK]a [b[/THINK]c', 'a [b', 'c'],
  ['◁think▷a◁/think▷b', 'a', 'b'],
  ['<seed:think>a</seed:think>b', 'a', 'b'],
  ['<|channel>thought\na<channel|>b', '\na', 'b'],
  ['<think>never closed </thi', 'never closed </thi', ''],
  ['<think></think>\n\nb', '', 'b'],
  ['<thin', '', '<thin'],
  ['  plain', '', '  plain'],
  ['<b>x</b> <think>y</think>', '', '<b>x</b> <think>y</think>'],
  ['', '', ''],
])('splits %j, however it is cut', (answer, thinking, text) => {
  expect(split([answer])).toEqual({ thinking, text });
  expect(split(answer.split(''))).toEqual({ thinking, text });
  for (let at = 1; at < answer.length; at++) {
    expect(split([answer.slice(0, at), answer.slice(at)])).toEqual({ thinking, text });
  }
});

it('passes text on at once', () => {
  const thoughts = new TaggedThoughts();
  expect(thoughts.take('Hello')).toEqual({ thinking: '', text: 'Hello' });
  expect(thoughts.take(' <think>')).toEqual({ thinking: '', text: ' <think>' });
});
