import type { ParsedDocument } from '../../domain/knowledge/retrieval.js';

/** From a heading, inclusive, to the next one. */
export interface Section {
  readonly start: number;
  readonly end: number;
  /** Headings of the enclosing sections and of its own, outermost first. */
  readonly headings: readonly string[];
}

/** Cuts a document at its headings. A heading without text of its own stays with the section below it, whose `headings` include it. */
export function* sectionsOf({ text, headings }: Pick<ParsedDocument, 'text' | 'headings'>): Generator<Section> {
  const path: { readonly level: number; readonly text: string }[] = [];
  let start = 0;
  for (const [index, heading] of headings.entries()) {
    const before = headings[index - 1];
    const isDeeper = before !== undefined && heading.level > before.level;
    const body = before === undefined ? start : bodyStart(text, before);
    if (
      !(isDeeper && text.slice(Math.min(body, heading.offset), heading.offset).trim() === '') &&
      start < heading.offset
    ) {
      yield { start, end: heading.offset, headings: path.map((one) => one.text) };
      start = heading.offset;
    }
    while ((path.at(-1)?.level ?? 0) >= heading.level) path.pop();
    path.push({ level: heading.level, text: heading.text });
  }
  if (start < text.length) yield { start, end: text.length, headings: path.map((one) => one.text) };
}

/** Offset after the heading's line and, in Markdown, after its underline. */
function bodyStart(text: string, { offset }: { readonly offset: number }): number {
  const line = text.indexOf('\n', offset);
  if (line === -1) return text.length;
  const underline = /^ {0,3}(?:=+|-+)[ \t]*(?:\n|$)/u.exec(text.slice(line + 1, line + 200));
  return line + 1 + (underline?.[0].length ?? 0);
}
