import type { Heading } from '../../domain/retrieval.js';

/** Text as it is built from a document's blocks, with the offsets of what stands in it. */
export class ReadableText {
  readonly headings: Heading[] = [];
  readonly pages: number[] = [];
  private readonly pieces: string[] = [];
  private length = 0;

  /** Adds a block, after an empty line; nothing for one without text. Whole lines: space at their ends goes. */
  block(text: string): void {
    this.add(tidy(text), '\n\n');
  }

  /** Adds a line right below the one before. */
  line(text: string): void {
    this.add(tidy(text), '\n');
  }

  heading(level: number, text: string): void {
    const line = tidy(text).replace(/\s+/gu, ' ').trim();
    if (line === '') return;
    const offset = this.add(line, '\n\n');
    this.headings.push({ level, text: line, offset });
  }

  /** A page begins with what is added next. */
  page(): void {
    // What is next stands after an empty line, but where the text begins.
    this.pages.push(this.length === 0 ? 0 : this.length + 2);
  }

  get isEmpty(): boolean {
    return this.length === 0;
  }

  finish(): { readonly text: string; readonly headings: readonly Heading[]; readonly pages?: readonly number[] } {
    const text = this.pieces.join('');
    if (this.pages.length === 0) return { text, headings: this.headings };
    return { text, headings: this.headings, pages: this.pages.map((offset) => Math.min(offset, text.length)) };
  }

  private add(text: string, separator: string): number {
    if (text === '') return this.length;
    const before = this.length === 0 ? '' : separator;
    this.pieces.push(before, text);
    this.length += before.length + text.length;
    return this.length - text.length;
  }
}

/** In NFC, well-formed, without the control characters that no reader sees; `\n` as the end of lines, and no space before it. */
export function tidy(text: string): string {
  return cleaned(text)
    .replace(/[^\S\n]+\n/gu, '\n')
    .replace(/\n{3,}/gu, '\n\n')
    .replace(/^\n+|\s+$/gu, '');
}

/** The same, with all its space left as it is. */
export function cleaned(text: string): string {
  return text
    .replace(/\r\n?|\u{2028}|\u{2029}/gu, '\n')
    .replace(CONTROLS, '')
    .toWellFormed()
    .normalize('NFC');
}

/** But tab and line feed; also marks of byte order, which are left where files were put together. */
// oxlint-disable-next-line no-control-regex -- these are what is looked for
const CONTROLS = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F\uFEFF\uFFFE\uFFFF]/gu;
