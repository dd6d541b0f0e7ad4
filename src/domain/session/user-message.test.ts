import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8Length } from '../text.js';
import { MAX_MESSAGE_BYTES, faultOfPersona, faultOfUserMessage } from './user-message.js';

const withText = (text: unknown) => faultOfUserMessage({ messageId: 'm1', text });

describe('faultOfUserMessage', () => {
  it.each(['Hello', ' a ', '制定人工智能合规标准', '👩‍🚀', 'line\nline'])('accepts %j', (text) => {
    expect(withText(text)).toBeUndefined();
  });

  it.each(['', ' ', '\n\t '])('refuses the empty text %j', (text) => {
    expect(withText(text)).toBe('The message is empty. Write something.');
  });

  it('says how large a message of 1 MB is and what is allowed', () => {
    expect(withText('a'.repeat(1_048_576))).toBe(
      'The message is too large: 1,048,576 bytes, at most 131,072. Shorten it or send it in parts.',
    );
  });

  it('counts bytes, not characters', () => {
    expect(withText('é'.repeat(MAX_MESSAGE_BYTES / 2))).toBeUndefined();
    expect(withText('é'.repeat(MAX_MESSAGE_BYTES / 2 + 1))).toMatch(/too large/u);
  });

  it('refuses half a surrogate pair and NUL', () => {
    expect(withText('a\ud83d')).toMatch(/not valid Unicode/u);
    expect(withText('a\0b')).toMatch(/NUL/u);
  });

  it.each([undefined, null, 'text', { text: 'no id' }, { messageId: '', text: 'x' }, { messageId: 7, text: 'x' }])(
    'refuses %j, which is no message',
    (message) => {
      expect(faultOfUserMessage(message)).toBeTypeOf('string');
    },
  );

  it('refuses a text that is not a string', () => {
    expect(withText(42)).toBe('"text" must be a string, not 42.');
  });
});

describe('faultOfPersona', () => {
  it('refuses a persona of 10 MB in one line', () => {
    expect(faultOfPersona('x'.repeat(10_000_000))).toMatch(
      /^The persona is too large: 10,000,000 bytes, at most 32,768\..*$/u,
    );
  });
});

describe('utf8Length', () => {
  it('equals what an encoder makes of any well-formed text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(utf8Length(text)).toBe(new TextEncoder().encode(text).length);
      }),
    );
  });
});
