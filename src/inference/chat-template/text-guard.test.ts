import { describe, expect, it } from 'vitest';
import { SpecialTokenIndex, splitAtSpecialTokens, type SpecialToken } from './special-tokens.js';
import { TextGuard } from './text-guard.js';
import { turnEnds } from './turn-ends.js';

const mark = (token: number, text: string, changes: Partial<SpecialToken> = {}): SpecialToken => ({
  token,
  text,
  isUserDefined: false,
  stripsLeft: false,
  stripsRight: false,
  ...changes,
});
const MARKS = new SpecialTokenIndex([
  mark(1, '<a>'),
  mark(2, '<a><b>'),
  mark(3, '<think>', { isUserDefined: true }),
  mark(4, '|', { stripsLeft: true, stripsRight: true }),
]);

describe('a text cut at special tokens', () => {
  const split = (text: string) =>
    splitAtSpecialTokens(text, MARKS).map((each) => (typeof each === 'string' ? each : each.token));

  it('takes the longest first', () => {
    expect(split('x<a><b>y<a>')).toEqual(['x', 2, 'y', 1]);
  });

  it('drops white space where a token does', () => {
    expect(split('x \n|\t y | <a>')).toEqual(['x', 4, 'y', 4, 1]);
  });
});

describe('a guarded text', () => {
  it('holds no mark while it is rendered, and is itself again after', () => {
    const guard = new TextGuard(MARKS);
    const text = 'a<a><b>|\u{f0000}\u{f0001}🙂<a';
    const hidden = guard.hide(text);
    expect(splitAtSpecialTokens(hidden, MARKS)).toEqual([hidden]);
    expect(guard.restore(`${hidden}!`)).toEqual([`${text}!`]);
  });

  it('is cut within marks that are tokens in plain text too', () => {
    const guard = new TextGuard(MARKS);
    expect(guard.restore(guard.hide('x<think>y'))).toEqual(['x<', 'think>y']);
  });

  it('shows templates the marks that they look for', () => {
    expect(new TextGuard(MARKS).hide('<think>', ['<think>'])).toBe('<think>');
  });
});

describe('what ends an answer', () => {
  const ends = (...afterAnswer: string[]) => turnEnds({ afterAnswer, thinking: undefined }, MARKS);

  it('is the first special token that the template writes after one', () => {
    expect(ends('\n<a>\nuser')).toEqual({ tokens: new Set([1]), texts: [] });
  });

  it('is its text where there is no token before it', () => {
    expect(ends('\n\nUser: ', '\n')).toEqual({ tokens: new Set(), texts: ['\n\nUser:'] });
  });

  it('is not what stands between thoughts and their answer', () => {
    const thinking = { open: '<think>', close: '<a>final' };
    expect(turnEnds({ afterAnswer: ['<a>'], thinking }, MARKS).tokens).toEqual(new Set());
  });
});
