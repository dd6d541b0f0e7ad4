import type { SourceMap } from '../../domain/knowledge/retrieval.js';

/** A text that is changed step by step and keeps track of where each of its parts was in the original text. */
export class MappedText {
  private constructor(
    readonly text: string,
    private readonly stretches: Stretches,
  ) {}

  static of(source: string): MappedText {
    return new MappedText(source, { text: [0], from: [0], to: [source.length] });
  }

  /**
   * The text with each match replaced; if `replacement` returns undefined, the match stays.
   *
   * @param pattern global; its matches are not empty
   */
  replace(pattern: RegExp, replacement: (match: RegExpMatchArray) => string | undefined): MappedText {
    const { text } = this;
    const builder = new Builder(text, this.stretches);
    for (const match of text.matchAll(pattern)) {
      const made = replacement(match);
      if (made !== undefined) builder.replace(match.index ?? 0, (match.index ?? 0) + match[0].length, made);
    }
    return builder.isChanged ? new MappedText(...builder.finish()) : this;
  }

  /** The text without these parts, which are in order. */
  without(spans: Iterable<{ readonly start: number; readonly end: number }>): MappedText {
    const builder = new Builder(this.text, this.stretches);
    for (const { start, end } of spans) builder.replace(start, end, '');
    return builder.isChanged ? new MappedText(...builder.finish()) : this;
  }

  /** @param source the original text */
  mapTo(source: string): SourceMap {
    return { ...this.stretches, lines: lineStarts(source) };
  }
}

interface Stretches {
  readonly text: number[];
  readonly from: number[];
  readonly to: number[];
}

class Builder {
  private readonly pieces: string[] = [];
  private readonly made: Stretches = { text: [], from: [], to: [] };
  private length = 0;
  /** Offset in the old text up to which it has been processed. */
  private done = 0;
  private stretch = 0;

  constructor(
    private readonly text: string,
    private readonly old: Stretches,
  ) {}

  get isChanged(): boolean {
    return this.done > 0 || this.pieces.length > 0;
  }

  replace(start: number, end: number, made: string): void {
    this.keep(start);
    const from = this.startOf(start);
    this.done = end;
    if (made === '') return;
    this.push(made, from, this.endOf(end));
  }

  finish(): [string, Stretches] {
    this.keep(this.text.length);
    return [this.pieces.join(''), this.made];
  }

  private keep(to: number): void {
    while (this.done < to) {
      const index = this.stretchAt(this.done);
      const start = this.old.text[index] ?? 0;
      const next = this.old.text[index + 1] ?? this.text.length;
      const end = Math.min(to, next);
      const [from, until] = [this.old.from[index] ?? 0, this.old.to[index] ?? 0];
      const piece = this.text.slice(this.done, end);
      if (until - from === next - start) this.push(piece, from + this.done - start, from + end - start);
      else this.push(piece, from, until);
      this.done = end;
    }
  }

  private push(piece: string, from: number, to: number): void {
    this.pieces.push(piece);
    this.made.text.push(this.length);
    this.made.from.push(from);
    this.made.to.push(to);
    this.length += piece.length;
  }

  private startOf(offset: number): number {
    const index = this.stretchAt(offset);
    const [start, from, to] = [this.old.text[index] ?? 0, this.old.from[index] ?? 0, this.old.to[index] ?? 0];
    const length = (this.old.text[index + 1] ?? this.text.length) - start;
    return to - from === length ? from + offset - start : from;
  }

  private endOf(offset: number): number {
    const index = this.stretchAt(offset - 1);
    const [start, from, to] = [this.old.text[index] ?? 0, this.old.from[index] ?? 0, this.old.to[index] ?? 0];
    const length = (this.old.text[index + 1] ?? this.text.length) - start;
    return to - from === length ? from + offset - start : to;
  }

  /** Must be called with ascending offsets. */
  private stretchAt(offset: number): number {
    while ((this.old.text[this.stretch + 1] ?? Infinity) <= offset) this.stretch++;
    return this.stretch;
  }
}

/** Offsets of the lines as editors and terminals count them: a line ends after LF, CR LF or CR. */
export function lineStarts(text: string): number[] {
  const starts = [0];
  for (const { index, 0: end } of text.matchAll(/\r\n|[\n\r]/gu)) starts.push(index + end.length);
  return starts;
}
