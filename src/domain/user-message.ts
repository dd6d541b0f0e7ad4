import { utf8Length } from './text.js';

/** A message on its way into a session. */
export interface UserMessage {
  /** Chosen by the sender. Sending the same id again is safe: it returns the first one's answer. */
  readonly messageId: string;
  readonly text: string;
}

/** Largest message, in bytes of UTF-8. Larger text belongs in a knowledge base: no small model's window holds it. */
export const MAX_MESSAGE_BYTES = 131_072;
const MAX_MESSAGE_ID_LENGTH = 200;

/** @returns why the message cannot be accepted, in one line for the sender, or undefined when it can. */
export function faultOfUserMessage(message: unknown): string | undefined {
  if (typeof message !== 'object' || message === null) return 'A message must be an object { messageId, text }.';
  const { messageId, text } = message as Partial<UserMessage>;
  if (typeof messageId !== 'string' || messageId === '' || messageId.length > MAX_MESSAGE_ID_LENGTH) {
    return `"messageId" must be a string of 1 to ${MAX_MESSAGE_ID_LENGTH} characters.`;
  }
  if (typeof text !== 'string') return '"text" must be a string.';
  return faultOfText(text, 'message', MAX_MESSAGE_BYTES);
}

/** Largest persona, in bytes of UTF-8. It is part of every prompt, so it must leave room for the conversation. */
export const MAX_PERSONA_BYTES = 32_768;

/** @returns why the persona cannot be used, in one line, or undefined when it can. */
export function faultOfPersona(persona: string): string | undefined {
  return faultOfText(persona, 'persona', MAX_PERSONA_BYTES);
}

function faultOfText(text: string, what: string, maxBytes: number): string | undefined {
  if (text.trim() === '') return `The ${what} is empty. Write something.`;
  // Cheap bound first: counting the bytes of a huge text would itself take a while.
  const bytes = text.length > maxBytes ? text.length : utf8Length(text);
  if (bytes > maxBytes) {
    return `The ${what} is too large: ${bytes.toLocaleString('en')} bytes, at most ${maxBytes.toLocaleString('en')}. Shorten it or send it in parts.`;
  }
  if (!text.isWellFormed())
    return `The ${what} is not valid Unicode: it holds half of a surrogate pair. Send it as UTF-8.`;
  if (text.includes('\0')) return `The ${what} holds a NUL character. Send text, not binary data.`;
  return undefined;
}
