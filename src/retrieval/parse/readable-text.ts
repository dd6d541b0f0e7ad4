import type { Heading, SourceMap } from '../../domain/knowledge/retrieval.js';
import type { Span } from '../../domain/words/sentences.js';
import { cleaned } from './clean-text.js';
import { lineStarts } from './mapped-text.js';

/** Text as it is built from a document's blocks, with the offsets of what stands in it. */
export class ReadableText {
  readonly headings: Heading[] = [];
  readonly pages: number[] = [];
  private readonly pieces: string[] = [];
  private readonly map = { text: new Array<number>(), from: new Array<number>(), to: new Array<number>() };
  private length = 0;
  private lastSpan: Span = { start: 0, end: 0 };

  /**
   * Adds a block, after an empty line; nothing for one without text. Whole lines: space at their ends goes.
   *
   * @param origin where it stands in the file; of everything that is added or of nothing
   */
  block(text: string, origin?: Span): void {
    this.add(tidy(text), '\n\n', origin);
  }

  /** Adds a line right below the one before. */
  line(text: string, origin?: Span): void {
    this.add(tidy(text), '\n', origin);
  }

  heading(level: number, text: string, origin?: Span): void {
    const line = tidy(text).replace(/\s+/gu, ' ').trim();
    if (line === '') return;
    const offset = this.add(line, '\n\n', origin);
    this.headings.push({ level, text: line, offset });
  }

  /** A page begins with what is added next. */
  page(): void {
    // What is next stands after an empty line, but where the text begins.
    this.pages.push(this.length === 0 ? 0 : this.length + 2);
  }

  /** @param source the file's text, into which the origins of the blocks point */
  sourceMap(source: string): SourceMap {
    return { ...this.map, lines: lineStarts(source) };
  }

  /** Where the block, line or heading that was added last stands in the text. */
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

/** In NFC, well-formed, without the control characters that no reader sees; `\n` as the end of lines, and no space before it. */
export function tidy(text: string): string {
  return cleaned(text)
    .replace(/(?<![^\S\n])[^\S\n]+\n/gu, '\n')
    .replace(/\n{3,}/gu, '\n\n')
    .replace(/^\n+/u, '')
    .trimEnd();
}
