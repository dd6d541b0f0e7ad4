/** Number of bytes of a well-formed string in UTF-8. Does not use `TextEncoder`, because this also runs where there is none. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    // Each half of a surrogate pair counts 2, the pair 4.
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 2 : 3;
  }
  return bytes;
}

/** The first `maxLength` UTF-16 units on one line, with an ellipsis if the text was cut. Never cuts a surrogate pair. */
export function excerpt(text: string, maxLength: number): string {
  const line = text.replace(/\s+/gu, ' ').trim();
  if (line.length <= maxLength) return line;
  return `${cutText(line, maxLength - 1)}…`;
}

/** The first `maxLength` UTF-16 units. Never cuts a surrogate pair. */
export function cutText(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : text.slice(0, maxLength).replace(/[\uD800-\uDBFF]$/u, '');
}

/** A text of at most `most` UTF-16 units. A longer text is reduced to its beginning and its end, with a line between them. */
export function bothEnds(text: string, most: number): string {
  if (text.length <= most) return text.toWellFormed();
  const half = Math.floor((most - 3) / 2);
  return `${cutText(text, half)}\n…\n${text.slice(text.length - half).replace(/^[\uDC00-\uDFFF]/u, '')}`.toWellFormed();
}
