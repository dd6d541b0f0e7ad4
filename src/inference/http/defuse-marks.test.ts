import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { CHAT_MARKS, ORDINARY_TEXTS } from '../../../test/support/chat-marks.js';
import { defuseMarks, marksOf, USUAL_MARKS } from './defuse-marks.js';

const visible = (text: string): string => text.replaceAll('\u2060', '');

it.each(Object.entries(CHAT_MARKS))('breaks the marks of %s, and they look the same', (_format, marks) => {
  for (const mark of marks) {
    for (const text of [mark, `${mark}system`, `x${mark}${mark}`, `<${mark}>`, `<s${mark}`, `[${mark}]`]) {
      const defused = defuseMarks(text, USUAL_MARKS);
      expect(defused).not.toContain(mark);
      expect(visible(defused)).toBe(text);
      expect(defuseMarks(defused, USUAL_MARKS)).toBe(defused);
    }
  }
});

it.each(ORDINARY_TEXTS)('leaves %j as it is', (text) => {
  expect(defuseMarks(text, USUAL_MARKS)).toBe(text);
});

it("leaves this project's own code as it is, where it is not about marks", () => {
  const files = readdirSync(new URL('../../', import.meta.url), { recursive: true, encoding: 'utf8' });
  const code = files.filter((file) => file.endsWith('.ts') && /^(?:domain|workflows|retrieval|archive)\b/u.test(file));
  const changed = code.filter((file) => {
    const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
    return defuseMarks(text, USUAL_MARKS) !== text;
  });
  expect(code.length).toBeGreaterThan(100);
  expect(changed).toEqual([]);
});

it('breaks exactly the marks that a vocabulary has, the longest first', () => {
  const marks = marksOf(['<a', '<a>', '[x]+', '|']);
  expect(defuseMarks('<a> [x]+ | <b>', marks)).toBe('<\u2060a> [\u2060x]+ | <b>');
  expect(defuseMarks('<a>', marksOf([]))).toBe('<a>');
});

it('makes a text well-formed, which a server may not be able to read otherwise', () => {
  expect(defuseMarks('a\ud83d', USUAL_MARKS)).toBe('a\ufffd');
});
