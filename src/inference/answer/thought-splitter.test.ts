import { expect, it } from 'vitest';
import { TAGGED_FORMATS } from '../chat-template/thinking-format.js';
import { ThoughtSplitter, type ThoughtMarks } from './thought-splitter.js';

const THINK = { open: '<think>', close: '</think>' };
const CHANNELS = {
  open: '<|channel|>analysis<|message|>',
  close: '<|end|><|start|>assistant<|channel|>final<|message|>',
  skip: '<|channel|>final<|message|>',
};

function split(marks: ThoughtMarks | typeof TAGGED_FORMATS, pieces: readonly string[]) {
  const splitter = new ThoughtSplitter(marks);
  const parts = [...pieces.map((piece) => splitter.push(piece)), splitter.end()];
  return { thinking: parts.map((part) => part.thinking).join(''), text: parts.map((part) => part.text).join('') };
}

const ALL = [
  [THINK, '<think>\nA blue sky.\n\nOr grey.\n</think>\n\nBlue.', 'A blue sky.\n\nOr grey.', 'Blue.'],
  [THINK, '\n<think></think>Blue.', '', 'Blue.'],
  [THINK, '  Blue.', '', '  Blue.'],
  [THINK, '<thin ice', '', '<thin ice'],
  [THINK, 'Write <think> and </think>.', '', 'Write <think> and </think>.'],
  [THINK, '<think>a < b </thing> c</think>d </think> e', 'a < b </thing> c', 'd </think> e'],
  [THINK, '<think>never closed \n', 'never closed', ''],
  [THINK, '<think>half a mark</thi', 'half a mark', ''],
  [THINK, '<thi', '', '<thi'],
  [{ ...THINK, isOpen: true }, '\nA blue sky.</think>Blue.', 'A blue sky.', 'Blue.'],
  [{ ...THINK, isOpen: true }, '</think>Blue.', '', 'Blue.'],
  [CHANNELS, `${CHANNELS.open}Hm.${CHANNELS.close}Blue.`, 'Hm.', 'Blue.'],
  [CHANNELS, `${CHANNELS.skip}Blue.`, '', 'Blue.'],
] as const;

/** Answers of models whose template is unknown. */
const TAGGED = [
  ['<think>Hm.</think>\n\nParis.', 'Hm.', 'Paris.'],
  ['<thinking>Hm.</think></thinking>Paris.', 'Hm.</think>', 'Paris.'],
  ['<longcat_think>Hm.</longcat_think>Paris.', 'Hm.', 'Paris.'],
  ['[THINK]a [b[/THINK]c', 'a [b', 'c'],
  ['◁think▷a◁/think▷b', 'a', 'b'],
  ['<seed:think>a</seed:think>b', 'a', 'b'],
  ['<|channel>thought\na<channel|>b', 'a', 'b'],
  [`${CHANNELS.open}a${CHANNELS.close}b`, 'a', 'b'],
  ['<think></think>\n\nb', '', 'b'],
  ['<thin', '', '<thin'],
  ['  plain', '', '  plain'],
  ['Here are my reasoning steps: none', '', 'Here are my reasoning steps: none'],
  ['<b>x</b> <think>y</think>', '', '<b>x</b> <think>y</think>'],
  ['', '', ''],
] as const;

it.each([...ALL, ...TAGGED.map((one) => [TAGGED_FORMATS, ...one] as const)])(
  'with %j splits %j, however it is cut',
  (marks, written, thinking, text) => {
    expect(split(marks, [written])).toEqual({ thinking, text });
    expect(split(marks, written.split(''))).toEqual({ thinking, text });
    for (let at = 1; at < written.length; at++) {
      expect(split(marks, [written.slice(0, at), written.slice(at)])).toEqual({ thinking, text });
    }
  },
);

it('tells thoughts as soon as they cannot be a mark', () => {
  const splitter = new ThoughtSplitter(THINK);
  expect(['<think>', '\n', 'A', ' ', 'b</', 'c', '</think>'].map((piece) => splitter.push(piece).thinking)).toEqual([
    '',
    '',
    'A',
    '',
    ' b',
    '</c',
    '',
  ]);
});

it('passes text on at once', () => {
  const splitter = new ThoughtSplitter(TAGGED_FORMATS);
  expect(splitter.push('Hello')).toEqual({ thinking: '', text: 'Hello' });
  expect(splitter.push(' <think>')).toEqual({ thinking: '', text: ' <think>' });
});

it('of several formats, follows the first where thoughts are open already', () => {
  const splitter = new ThoughtSplitter([{ open: 'a', close: 'b', isOpen: true }, THINK]);
  expect(splitter.push('x</think>byes')).toEqual({ thinking: 'x</think>', text: 'yes' });
});

it('goes on in the midst of a thought, or of the answer', () => {
  expect(new ThoughtSplitter(THINK, { thinking: 'A', text: '' }).push(' b</think>c')).toEqual({
    thinking: ' b',
    text: 'c',
  });
  expect(new ThoughtSplitter(THINK, { thinking: 'A', text: 'c' }).push('</think>')).toEqual({
    thinking: '',
    text: '</think>',
  });
});
