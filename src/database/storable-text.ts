/**
 * PostgreSQL stores neither NUL nor half a surrogate pair, in `text` as in `jsonb`; JavaScript's strings may hold both. Each is written
 * as U+FDD0, which Unicode reserves for a program's own use, and four hexadecimal digits; so is U+FDD0 itself. Nothing is lost.
 */
const MARK = '\uFDD0';

/** JSON that `jsonb` takes. */
export function toStorableJson(value: unknown): string {
  // JSON.stringify escapes just those; in its output a backslash that is text comes as a pair, which the pattern takes whole.
  return JSON.stringify(value)
    .replaceAll(MARK, `${MARK}fdd0`)
    .replace(/\\(?:u(0000|d[89a-f][0-9a-f]{2})|.)/gu, (escape, code?: string) =>
      code === undefined ? escape : MARK + code,
    );
}

/** @param json `jsonb` as text, of what `toStorableJson` wrote. @returns JSON of the value, for `JSON.parse`. */
export function fromStorableJson(json: string): string {
  return json.replace(/\uFDD0([0-9a-f]{4})/gu, '\\u$1');
}

/** For keys: equal texts become equal, different ones different. */
export function toStorableText(text: string): string {
  return text.replace(/[\0\uFDD0]|\p{Surrogate}/gu, (unit) => MARK + unit.charCodeAt(0).toString(16).padStart(4, '0'));
}
