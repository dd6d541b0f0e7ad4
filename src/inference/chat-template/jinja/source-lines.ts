/** The lines, counted from 1, on which the statements and expressions of a template begin; tags of `generation` are excluded. */
export function lineMarks(source: string): readonly number[] {
  const marks: number[] = [];
  let line = 1;
  let at = 0;
  while (at < source.length) {
    const opening = /\{[%{#]/gu;
    opening.lastIndex = at;
    const found = opening.exec(source);
    if (found === null) break;
    line += newlines(source.slice(at, found.index));
    const end = found[0] === '{#' ? endOfComment(source, found.index) : endOfTag(source, found.index, found[0]);
    const tag = source.slice(found.index, end);
    if (found[0] !== '{#' && !/^\{%[-+]?\s*(?:end)?generation\s*[-+]?%\}$/u.test(tag)) marks.push(line);
    line += newlines(tag);
    at = end;
  }
  return marks;
}

function endOfComment(source: string, from: number): number {
  const end = source.indexOf('#}', from);
  return end < 0 ? source.length : end + 2;
}

/** Quoted texts may contain the closing mark; so may dicts within an expression. */
function endOfTag(source: string, from: number, opening: string): number {
  const closing = opening === '{%' ? '%}' : '}}';
  let depth = 0;
  for (let at = from + 2; at < source.length; at += 1) {
    const character = source[at];
    if (character === '"' || character === "'") {
      at = endOfQuote(source, at, character);
    } else if (source.startsWith(closing, at) && depth === 0) {
      return at + 2;
    } else if (character === '{') {
      depth += 1;
    } else if (character === '}') {
      depth -= 1;
    }
  }
  return source.length;
}

function endOfQuote(source: string, from: number, quote: string): number {
  for (let at = from + 1; at < source.length; at += 1) {
    if (source[at] === '\\') at += 1;
    else if (source[at] === quote) return at;
  }
  return source.length;
}

function newlines(text: string): number {
  return text.split('\n').length - 1;
}
