import { z } from 'zod';
import type { AnswerMessage } from './answer-schema.js';

/** The content of a message, or of a piece of one. */
export interface MessageParts {
  readonly thinking: string;
  readonly text: string;
}

const string = z.string().nullish().catch(undefined);
const partSchema = z.looseObject({
  type: string,
  text: z.unknown().optional(),
  content: z.unknown().optional(),
  thinking: z.unknown().optional(),
  reasoning: z.unknown().optional(),
  summary: z.unknown().optional(),
  refusal: string,
});

/**
 * Text and thoughts of a message. A refusal by the model counts as its answer. If a server sends the same thoughts in several fields, they
 * count once.
 */
export function messageParts(message: Partial<AnswerMessage>): MessageParts {
  const { content, refusal } = message;
  const parts = partsOf(content);
  const told = [
    message.reasoning_content,
    message.reasoning,
    message.reasoning_text,
    message.thinking,
    message.thinking_blocks,
    message.reasoning_details,
  ];
  const thinking = told.map((field) => plainText(field)).find((one) => one !== '') ?? '';
  return { thinking: thinking + parts.thinking, text: parts.text + (refusal ?? '') };
}

/** Content is a text or a list of parts; pictures, references and similar parts are omitted. */
function partsOf(content: unknown): MessageParts {
  if (typeof content === 'string') return { thinking: '', text: content };
  const list = Array.isArray(content) ? content : [content];
  const parts = list.map((one): MessageParts => {
    if (typeof one === 'string') return { thinking: '', text: one };
    const part = partSchema.safeParse(one).data;
    if (part === undefined) return { thinking: '', text: '' };
    if (/think|reason|thought/u.test(part.type ?? '')) return { thinking: plainText(part), text: '' };
    return { thinking: '', text: plainText(part.text) + (part.refusal ?? '') };
  });
  return { thinking: parts.map((one) => one.thinking).join(''), text: parts.map((one) => one.text).join('') };
}

/** All text in a field that contains a text, a list of texts, or objects with texts in them. */
function plainText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map((one) => plainText(one)).join('');
  const part = partSchema.safeParse(value).data;
  if (part === undefined) return '';
  const fields = [part.text, part.thinking, part.reasoning, part.summary, part.content];
  return fields.map((field) => plainText(field)).find((one) => one !== '') ?? '';
}
