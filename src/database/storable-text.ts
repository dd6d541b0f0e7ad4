/**
 * PostgreSQL can store neither NUL nor half a surrogate pair, in `text` or in `jsonb`, but JavaScript's strings may contain
 * both. Each is written as U+FDD0, which Unicode reserves for a program's own use, followed by four hexadecimal digits; so is
 * U+FDD0 itself. The encoding is lossless.
 */
const MARK = '\uFDD0';

/** Encodes a value as JSON that `jsonb` accepts. */
export function toStorableJson(value: unknown): string {
  // JSON.stringify escapes exactly these characters. A literal backslash appears in its output as a pair, which the pattern matches as a whole.
  return JSON.stringify(value)
    .replaceAll(MARK, `${MARK}fdd0`)
    .replace(/\\(?:u(0000|d[89a-f][0-9a-f]{2})|.)/gu, (escape, code?: string) =>
      code === undefined ? escape : MARK + code,
    );
}

/** @param json text of a `jsonb` value that `toStorableJson` wrote @returns the original JSON, for `JSON.parse` */
export function fromStorableJson(json: string): string {
  return json.replace(/\uFDD0([0-9a-f]{4})/gu, '\\u$1');
}

/** For keys: equal texts stay equal, and different texts stay different. */
export function toStorableText(text: string): string {
  return text.replace(/[\0\uFDD0]|\p{Surrogate}/gu, (unit) => MARK + unit.charCodeAt(0).toString(16).padStart(4, '0'));
}
