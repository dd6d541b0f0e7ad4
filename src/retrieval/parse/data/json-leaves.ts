import type { Span } from '../../../domain/words/sentences.js';

/** A value of a JSON text that contains no other values. */
export interface JsonLeaf {
  /** Keys and positions, outermost first. The array is shared with neighbouring leaves; copy it to keep it. */
  readonly path: readonly (string | number)[];
  /** Places of the path's keys, including their quotes; for a position, the beginning of its list. Shared as well. */
  readonly keys: readonly Span[];
  /** Place of the value in the source, including its quotes. */
  readonly span: Span;
  /** For a string its characters, otherwise the value as written, so that large numbers stay exact. */
  readonly value: string;
}

/**
 * The leaves of a text that `JSON.parse` accepts, in order, at any depth. Empty objects and lists have none.
 *
 * @param source may begin with a byte order mark
 */
export function* jsonLeaves(source: string): Generator<JsonLeaf> {
  const path: (string | number)[] = [];
  const keys: Span[] = [];
  /** Whether the next string is a key. */
  let isKey = false;
  for (let offset = source.startsWith('\uFEFF') ? 1 : 0; offset < source.length;) {
    const character = source.charAt(offset);
    if (character === '{' || character === '[') {
      isKey = character === '{';
      path.push(isKey ? '' : 0);
      keys.push({ start: offset, end: offset });
      offset++;
    } else if (character === '}' || character === ']') {
      path.pop();
      keys.pop();
      offset++;
    } else if (character === ',') {
      const last = path.at(-1);
      isKey = typeof last === 'string';
      if (typeof last === 'number') path[path.length - 1] = last + 1;
      offset++;
    } else if (character === '"') {
      const end = stringEnd(source, offset);
      const raw = source.slice(offset, end);
      const value = raw.includes('\\') ? String(JSON.parse(raw)) : raw.slice(1, -1);
      const span = { start: offset, end };
      if (isKey) {
        path[path.length - 1] = value;
        keys[keys.length - 1] = span;
      } else yield { path, keys, span, value };
      isKey = false;
      offset = end;
    } else if (character === ':' || isSpace(character)) offset++;
    else {
      const start = offset;
      while (offset < source.length && !',]}'.includes(source.charAt(offset)) && !isSpace(source.charAt(offset)))
        offset++;
      yield { path, keys, span: { start, end: offset }, value: source.slice(start, offset) };
    }
  }
}

/** Offset after the closing quote of the string that begins at `start`. */
function stringEnd(source: string, start: number): number {
  let offset = start + 1;
  while (offset < source.length && source[offset] !== '"') offset += source[offset] === '\\' ? 2 : 1;
  return offset + 1;
}

function isSpace(character: string): boolean {
  return character === ' ' || character === '\n' || character === '\r' || character === '\t';
}
