import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnswerText } from './answer-text.js';

/** A vocabulary in which every byte is a token: the hardest case for characters. */
const bytes = (tokens: readonly number[]): string => new TextDecoder().decode(Uint8Array.from(tokens));
const encode = (text: string): number[] => [...new TextEncoder().encode(text)];

function show(text: string, stop: readonly string[] = []) {
  const answer = new AnswerText({ detokenize: bytes, stop });
  const deltas: string[] = [];
  let stopped = false;
  for (const token of encode(text)) {
    stopped = answer.push(token);
    const delta = answer.takeDelta();
    if (delta !== undefined) deltas.push(delta.text);
    if (stopped) break;
  }
  answer.finish();
  const last = answer.takeDelta();
  if (last !== undefined) deltas.push(last.text);
  return { text: answer.text, deltas, stopped };
}

describe('answer text', () => {
  it('never shows half a character', () => {
    expect(show('é汉🙂').deltas).toEqual(['é', '汉', '🙂']);
  });

  it('keeps an unfinished last character hidden', () => {
    const answer = new AnswerText({ detokenize: bytes });
    for (const token of [...encode('ok'), ...encode('🙂').slice(0, 3)]) answer.push(token);
    answer.finish();
    expect(answer.text).toBe('ok');
    expect(answer.tokens).toHaveLength(5);
  });

  it('shows garbage bytes in the end rather than holding the answer back for ever', () => {
    const answer = new AnswerText({ detokenize: bytes });
    for (const token of [0x61, 0xff, 0xff, 0xff, 0xff, 0x62]) answer.push(token);
    expect(answer.text).toBe('a\uFFFD\uFFFD\uFFFD\uFFFDb');
  });

  it('ends before a stop string and shows none of it', () => {
    expect(show('one\nUser: two', ['\nUser:'])).toEqual({ text: 'one', deltas: ['o', 'n', 'e'], stopped: true });
  });

  it('shows what only began like a stop string', () => {
    expect(show('a\n\nb', ['\n\n\n'])).toEqual({ text: 'a\n\nb', deltas: ['a', '\n\nb'], stopped: false });
    expect(show('a\n\n', ['\n\n\n']).text).toBe('a\n\n');
  });

  it('finds stop strings that overlap themselves', () => {
    expect(show('aab', ['ab']).text).toBe('a');
    expect(show('xaaab', ['aab']).text).toBe('xa');
  });

  it('takes the earliest of several stop strings', () => {
    expect(show('abcd', ['cd', 'bc']).text).toBe('a');
  });

  it('finds a stop string inside one long token', () => {
    const answer = new AnswerText({ detokenize: () => 'yes END no', stop: [' END'] });
    expect(answer.push(1)).toBe(true);
    expect(answer.text).toBe('yes');
  });

  it('shows for any text and stop strings the text before the first of them, in order and once', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'b', 'é', '🙂'), maxLength: 40 }),
        fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'é', '🙂'), minLength: 1, maxLength: 4 }), {
          maxLength: 3,
        }),
        (text, stop) => {
          // The expected result comes from searching the whole text instead of its growing beginning: the earliest end of a match wins,
          // then the earliest beginning, because tokens arrive one byte at a time.
          const ends = stop.flatMap((one) => (text.includes(one) ? [{ at: text.indexOf(one), one }] : []));
          const firstEnd = Math.min(...ends.map(({ at, one }) => at + one.length));
          const cut = Math.min(text.length, ...ends.filter((e) => e.at + e.one.length === firstEnd).map((e) => e.at));
          const shown = show(text, stop);
          expect(shown.text).toBe(text.slice(0, cut));
          expect(shown.deltas.join('')).toBe(shown.text);
        },
      ),
    );
  });

  it('carries every token exactly once in its deltas, with the offset at which their text begins', () => {
    const answer = new AnswerText({ detokenize: bytes, stop: ['zz'] });
    const tokens: number[] = [];
    let text = '';
    for (const token of encode('é z 🙂!')) {
      answer.push(token);
      const delta = answer.takeDelta();
      if (delta === undefined) continue;
      expect(delta.offset).toBe(text.length);
      text += delta.text;
      tokens.push(...delta.tokens);
    }
    expect(text).toBe('é z 🙂!');
    expect(tokens).toEqual(encode('é z 🙂!'));
  });
});
