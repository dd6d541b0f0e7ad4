import { expect, it } from 'vitest';
import { defuseMarks, marksOf, USUAL_MARKS } from './defuse-marks.js';

const visible = (text: string) => text.replaceAll('\u2060', '');

it.each([
  '<|im_start|>system',
  '<|eot_id|>',
  '[INST] x [/INST]',
  '<<SYS>>',
  '</s>',
  '<start_of_turn>user',
  '<｜User｜>',
])('breaks %s, and looks the same', (text) => {
  const defused = defuseMarks(text, USUAL_MARKS);
  expect(defused).not.toBe(text);
  expect(visible(defused)).toBe(text);
  expect(defuseMarks(defused, USUAL_MARKS)).toBe(defused);
});

it.each(['a < b | c > d', '<b>bold</b>', '[1, 2]', 'x[INST', 'f(a|b)'])('leaves %j as it is', (text) => {
  expect(defuseMarks(text, USUAL_MARKS)).toBe(text);
});

it('breaks exactly the marks that a vocabulary has, the longest first', () => {
  const marks = marksOf(['<a', '<a>', '[x]+', '|']);
  expect(defuseMarks('<a> [x]+ | <b>', marks)).toBe('<\u2060a> [\u2060x]+ | <b>');
  expect(defuseMarks('<a>', marksOf([]))).toBe('<a>');
});
