import type { JsonValue } from '../json-schema.js';

/** Parses JSON that may be cut off anywhere: closes what is open, and leaves out what cannot be completed. Undefined if nothing can be parsed. */
export function parsePartialJson(text: string): JsonValue | undefined {
  const whole = parse(text);
  if (whole !== undefined) return whole;
  // Tries ever shorter beginnings until closing what is open gives JSON. A cut text needs few steps: one word or escape at most.
  for (let end = text.length; end > 0 && text.length - end <= MAX_STEPS; end--) {
    const value = parse(closed(text.slice(0, end)));
    if (value !== undefined) return value;
  }
  return undefined;
}

/** Longer than a key, which is the longest element that is useless by itself. */
const MAX_STEPS = 200;

function closed(text: string): string {
  const open: string[] = [];
  let isText = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (isText) {
      if (character === '\\') i++;
      else if (character === '"') isText = false;
    } else if (character === '"') {
      isText = true;
    } else if (character === '{') {
      open.push('}');
    } else if (character === '[') {
      open.push(']');
    } else if (character === '}' || character === ']') {
      open.pop();
    }
  }
  return `${text}${isText ? '"' : ''}${open.toReversed().join('')}`;
}

function parse(text: string): JsonValue | undefined {
  try {
    // JSON.parse only returns JSON values.
    // eslint-disable-next-line typescript/no-unsafe-type-assertion
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

/** Fields of a JSON object; empty for any other value. */
export function fieldsOf(value: JsonValue | undefined): Readonly<Record<string, JsonValue>> {
  // An array has no elements with these names.
  // eslint-disable-next-line typescript/no-unsafe-type-assertion
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, JsonValue>>) : {};
}

/** Elements of a JSON array; empty for any other value. */
export function itemsOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

/** A text on one line without white space around it; empty for any other value. */
export function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value.toWellFormed().replace(/\s+/gu, ' ').trim() : '';
}
