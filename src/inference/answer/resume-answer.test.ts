import { describe, expect, it } from 'vitest';
import { resumeAnswer } from './resume-answer.js';

const detokenize = (tokens: readonly number[]): string => new TextDecoder().decode(Uint8Array.from(tokens));
const tokenize = (text: string): number[] => [...new TextEncoder().encode(text)];
const options = { detokenize, tokenize, isToken: (token: number) => token >= 0 && token < 256 };

describe('a resumed answer', () => {
  it('goes on after the text that was shown', () => {
    const answer = resumeAnswer({ text: 'héll', tokens: tokenize('héll') }, options);
    answer.push(0x6f);
    expect(answer.takeDelta()).toEqual({ offset: 4, text: 'o', tokens: [0x6f] });
    expect(answer.text).toBe('héllo');
  });

  it('completes a character of which only a part had been generated', () => {
    const [first = 0, ...rest] = tokenize('é');
    const answer = resumeAnswer({ text: 'a', tokens: [0x61, first] }, options);
    for (const token of rest) answer.push(token);
    expect(answer.takeDelta()).toEqual({ offset: 1, text: 'é', tokens: rest });
  });

  it('completes a stop string of which only a part had been generated', () => {
    const answer = resumeAnswer({ text: 'a', tokens: tokenize('a\nUs') }, { ...options, stop: ['\nUser'] });
    expect(tokenize('er').map((token) => answer.push(token))).toEqual([false, true]);
    expect(answer.text).toBe('a');
  });

  it('shows what the checkpoint’s tokens say beyond its text', () => {
    const answer = resumeAnswer({ text: 'ab', tokens: tokenize('abcd') }, options);
    expect(answer.takeDelta()).toMatchObject({ offset: 2, text: 'cd' });
  });

  it('goes on after text that was shown beyond the tokens, and tells the tokens of that text too', () => {
    const answer = resumeAnswer({ text: 'héllo', tokens: tokenize('hé') }, options);
    expect(answer.text).toBe('héllo');
    expect(answer.tokens).toEqual(tokenize('héllo'));
    answer.push(0x21);
    expect(answer.takeDelta()).toEqual({ offset: 5, text: '!', tokens: tokenize('llo!') });
  });

  it('lets go of tokens that hold half a character which was shown otherwise', () => {
    const [first = 0] = tokenize('é');
    const answer = resumeAnswer({ text: 'aèb', tokens: [0x61, first, 0xa9] }, options);
    expect(answer.tokens).toEqual(tokenize('aèb'));
    answer.push(0x21);
    expect(answer.takeDelta()).toEqual({ offset: 3, text: '!', tokens: [0x21] });
  });

  it('trusts the text where the tokens say something else', () => {
    const answer = resumeAnswer({ text: 'shown', tokens: [1, 2, 3] }, options);
    expect(answer.tokens).toEqual(tokenize('shown'));
    answer.push(0x21);
    expect(answer.takeDelta()).toEqual({ offset: 5, text: '!', tokens: [0x21] });
  });

  it('forgets tokens that the model does not have', () => {
    expect(resumeAnswer({ text: '', tokens: [999_999] }, options).tokens).toEqual([]);
  });

  it('never takes back text that was shown, not even for a stop string', () => {
    const answer = resumeAnswer({ text: 'one END two', tokens: [7] }, { ...options, stop: ['END', 'two!'] });
    expect(answer.push(0x21)).toBe(true);
    expect(answer.text).toBe('one END two');
  });

  describe('with thoughts', () => {
    const thinking = { open: '<t>', close: '</t>' };
    const marked = { ...options, thinking, openTokens: tokenize('<t>'), closeTokens: tokenize('</t>') };

    it('goes on within a thought, and in the answer after it', () => {
      const answer = resumeAnswer({ text: '', thinking: 'a b', tokens: tokenize('<t> a b</') }, marked);
      expect(answer.isThinking).toBe(true);
      for (const token of tokenize('t>\nc')) answer.push(token);
      expect(answer.takeDelta()).toEqual({ offset: 0, text: 'c', tokens: tokenize('t>\nc') });
      expect([answer.thinking, answer.text]).toEqual(['a b', 'c']);
      const later = resumeAnswer({ text: 'c', thinking: 'a b', tokens: tokenize('<t>a b</t>c') }, marked);
      later.push(0x64);
      expect(later.takeDelta()).toEqual({ offset: 1, text: 'd', tokens: [0x64] });
    });

    it('takes over thoughts that were shown beyond the tokens', () => {
      for (const told of ['<t>', '<t> a', '<t>a ', '<t>a </']) {
        const answer = resumeAnswer({ text: '', thinking: 'a b', tokens: tokenize(told) }, marked);
        expect([answer.thinking, answer.isThinking]).toEqual(['a b', true]);
        for (const token of tokenize(' c')) answer.push(token);
        expect(answer.takeDelta()).toMatchObject({ part: 'thinking', offset: 3, text: ' c' });
      }
    });

    it('takes over thoughts and an answer that were shown beyond the tokens', () => {
      const answer = resumeAnswer({ text: 'cd', thinking: 'a b', tokens: tokenize('<t>a') }, marked);
      expect([answer.thinking, answer.text, answer.isThinking]).toEqual(['a b', 'cd', false]);
      expect(answer.tokens).toEqual(tokenize('<t>a b</t>cd'));
      const within = resumeAnswer({ text: 'cd', thinking: 'a b', tokens: tokenize('<t>a b</t>\nc') }, marked);
      expect(within.tokens).toEqual(tokenize('<t>a b</t>\ncd'));
      expect(within.takeDelta()).toBeUndefined();
    });

    it('trusts what was shown where the tokens say something else, or the prompt has opened the thoughts', () => {
      const answer = resumeAnswer({ text: 'c', thinking: 'a', tokens: [9999] }, marked);
      expect([answer.thinking, answer.text, answer.thinkingTokens]).toEqual(['a', 'c', 5]);
      const opened = { ...marked, thinking: { ...thinking, isOpen: true } };
      expect(resumeAnswer({ text: '', thinking: 'a', tokens: [] }, opened).tokens).toEqual(tokenize('a'));
    });
  });

  it('starts anew without a checkpoint', () => {
    expect(resumeAnswer(undefined, options).text).toBe('');
  });
});
