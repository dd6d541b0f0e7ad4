import type { JsonValue } from '../json-schema.js';

/**
 * Reads JSON that may have been cut off anywhere: what is open is closed, and what cannot be completed is left out. Undefined when
 * nothing can be read at all.
 */
export function parsePartialJson(text: string): JsonValue | undefined {
  const whole = parse(text);
  if (whole !== undefined) return whole;
  // From the end backwards to a place where closing what is open gives JSON. A cut text needs few steps: one word or escape at most.
  for (let end = text.length; end > 0 && text.length - end <= MAX_STEPS; end--) {
    const value = parse(closed(text.slice(0, end)));
    if (value !== undefined) return value;
  }
  return undefined;
}

/** A key, the longest thing that is worth nothing by itself, is shorter. */
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
    // JSON.parse gives nothing but JSON values.
    // eslint-disable-next-line typescript/no-unsafe-type-assertion
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

/** Fields of a JSON object; none of anything else. */
export function fieldsOf(value: JsonValue | undefined): Readonly<Record<string, JsonValue>> {
  // An array's elements are not asked for by these names.
  // eslint-disable-next-line typescript/no-unsafe-type-assertion
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, JsonValue>>) : {};
}

/** Elements of a JSON array; none of anything else. */
export function itemsOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

/** A text on one line without white space around it; empty for anything else. */
export function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value.toWellFormed().replace(/\s+/gu, ' ').trim() : '';
}
