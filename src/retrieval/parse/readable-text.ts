import type { Heading, SourceMap } from '../../domain/knowledge/retrieval.js';
import type { Span } from '../../domain/words/sentences.js';
import { cleaned } from './clean-text.js';
import { lineStarts } from './mapped-text.js';

/** Builds a text from a document's blocks and keeps the offsets of its parts. */
export class ReadableText {
  readonly headings: Heading[] = [];
  readonly pages: number[] = [];
  private readonly pieces: string[] = [];
  private readonly map = { text: new Array<number>(), from: new Array<number>(), to: new Array<number>() };
  private length = 0;
  private lastSpan: Span = { start: 0, end: 0 };

  /**
   * Adds a block after an empty line, unless it has no text. Removes white space at the ends of its lines.
   *
   * @param origin place of the block in the file; give it for all blocks and lines or for none
   */
  block(text: string, origin?: Span): void {
    this.add(tidy(text), '\n\n', origin);
  }

  /** Adds a line directly below the previous one. */
  line(text: string, origin?: Span): void {
    this.add(tidy(text), '\n', origin);
  }

  heading(level: number, text: string, origin?: Span): void {
    const line = tidy(text).replace(/\s+/gu, ' ').trim();
    if (line === '') return;
    const offset = this.add(line, '\n\n', origin);
    this.headings.push({ level, text: line, offset });
  }

  /** Begins a page with the next block. */
  page(): void {
    // The next block follows an empty line, except at the beginning of the text.
    this.pages.push(this.length === 0 ? 0 : this.length + 2);
  }

  /** @param source text of the file, which the origins refer to */
  sourceMap(source: string): SourceMap {
    return { ...this.map, lines: lineStarts(source) };
  }

  /** Place in the text of the last block, line or heading that was added. */
  get last(): Span {
    return this.lastSpan;
  }

  get isEmpty(): boolean {
    return this.length === 0;
  }

  finish(): { readonly text: string; readonly headings: readonly Heading[]; readonly pages?: readonly number[] } {
    const text = this.pieces.join('');
    if (this.pages.length === 0) return { text, headings: this.headings };
    return { text, headings: this.headings, pages: this.pages.map((offset) => Math.min(offset, text.length)) };
  }

  private add(text: string, separator: string, origin?: Span): number {
    if (text === '') return this.length;
    const before = this.length === 0 ? '' : separator;
    this.pieces.push(before, text);
    this.length += before.length + text.length;
    this.lastSpan = { start: this.length - text.length, end: this.length };
    if (origin !== undefined) {
      this.map.text.push(this.lastSpan.start, this.length);
      this.map.from.push(origin.start, origin.end);
      this.map.to.push(origin.end, origin.end);
    }
    return this.lastSpan.start;
  }
}

/** Normalises to well-formed NFC without invisible control characters, with `\n` as line end and no white space before it. */
export function tidy(text: string): string {
  return cleaned(text)
    .replace(/(?<![^\S\n])[^\S\n]+\n/gu, '\n')
    .replace(/\n{3,}/gu, '\n\n')
    .replace(/^\n+/u, '')
    .trimEnd();
}
