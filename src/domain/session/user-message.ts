import { utf8Length } from '../text.js';
import { faultOfCharacters } from '../schema-faults.js';
import { faultOf, object, string, textBy } from '../schema.js';
import type { Schema } from '../schema.js';

/** A message to a session. */
export interface UserMessage {
  /** Chosen by the sender. Sending the same id again is safe: it returns the first one's answer. */
  readonly messageId: string;
  readonly text: string;
}

/** Largest message, in bytes of UTF-8. Larger text belongs in a knowledge base: no small model's window holds it. */
export const MAX_MESSAGE_BYTES = 131_072;
const MAX_MESSAGE_ID_LENGTH = 200;

/** @returns why the message cannot be accepted, in one line for the sender, or undefined if it can. */
export function faultOfUserMessage(message: unknown): string | undefined {
  return faultOf(userMessageSchema, message);
}

/** Largest persona, in bytes of UTF-8. It is part of every prompt, so it must leave room for the conversation. */
export const MAX_PERSONA_BYTES = 32_768;

/** @returns why the persona cannot be used, in one line, or undefined if it can. */
export function faultOfPersona(persona: string): string | undefined {
  return faultOfText(persona, 'persona', MAX_PERSONA_BYTES);
}

/** @param what name of the text in the returned line */
export function faultOfText(text: string, what: string, maxBytes: number): string | undefined {
  if (text.trim() === '') return `The ${what} is empty. Write something.`;
  // Checks a cheap bound first, because counting the bytes of a huge text would itself take a while.
  const bytes = text.length > maxBytes ? text.length : utf8Length(text);
  if (bytes > maxBytes) {
    return `The ${what} is too large: ${bytes.toLocaleString('en')} bytes, at most ${maxBytes.toLocaleString('en')}. Shorten it or send it in parts.`;
  }
  const fault = faultOfCharacters(text);
  return fault === undefined ? undefined : `The ${what} ${fault}`;
}

/** Chosen by senders; also the id of the update. */
export const messageIdSchema = string({ minLength: 1, maxLength: MAX_MESSAGE_ID_LENGTH, oneLine: true });
export const messageTextSchema = textBy((given) => faultOfText(given, 'message', MAX_MESSAGE_BYTES));
export const personaSchema = textBy(faultOfPersona);
export const userMessageSchema: Schema<UserMessage> = object<UserMessage>({
  messageId: messageIdSchema,
  text: messageTextSchema,
});
