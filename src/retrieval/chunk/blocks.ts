import { sentences, trimmed, type Span } from '../../domain/words/sentences.js';

export interface Block extends Span {
  /** `lines`: each line is a unit, as in lists, tables and program code. */
  readonly kind: 'prose' | 'lines';
}

const FENCE = /^ {0,3}(`{3,}|~{3,})/u;
const LINE_MARK = /^\s*(?:[-*+•·–][ \t]|\d{1,9}[.)、][ \t]?|\|)|[ \t]\|[ \t]|^(?: {4}|\t)/u;
/** Number of characters that are enough to tell the kind of a line. */
const LINE_START = 300;
/** From this length on, a code block without an end is cut into blocks. */
const LONGEST_CODE_BLOCK = 100_000;
/** Length of the pieces in which graphemes and words are searched. */
const PIECE = 4000;
const SHORT_PIECE = 16;
/** Two characters, each a letter, digit or mark of ASCII, Chinese or kana: these never combine with the character before. */
const PLAIN_BOUNDARY = /^[!-~\u3001-\u3029\u3041-\u3096\u30A1-\u30FA\u3400-\u9FFF]{2}$/u;
/** Longest base with its marks; longer ones are made to break programs and are cut. */
const LONGEST_GRAPHEME = 64;

let segmenter: Intl.Segmenter | undefined;

/** Parts between empty lines, without the space around them; a fenced code block is one part. */
export function* blocksOf(text: string, start: number, end: number): Generator<Block> {
  let from = start;
  let fence: string | undefined;
  let lines = 0;
  let marked = 0;
  const close = (to: number): Block | undefined => {
    const span = trimmed(text, from, to);
    const kind = lines > 0 && marked * 2 >= lines ? 'lines' : 'prose';
    from = to;
    lines = 0;
    marked = 0;
    return span && { ...span, kind };
  };
  for (let offset = start; offset < end;) {
    const next = lineEnd(text, offset, end);
    const line = text.slice(offset, Math.min(next, offset + LINE_START));
    const mark = FENCE.exec(line)?.[1];
    let block: Block | undefined;
    if (fence !== undefined) {
      lines++;
      marked++;
      if ((mark?.startsWith(fence) === true && line.trim() === mark) || next - from > LONGEST_CODE_BLOCK) {
        fence = mark === undefined ? fence : undefined;
        block = close(next);
      }
    } else if (mark !== undefined) {
      block = close(offset);
      fence = mark;
      lines = 1;
      marked = 1;
    } else if (line.trim() === '' && next - offset <= LINE_START) block = close(next);
    else {
      lines++;
      if (LINE_MARK.test(line)) marked++;
    }
    if (block !== undefined) yield block;
    offset = next;
  }
  const last = close(end);
  if (last !== undefined) yield last;
}

/** The parts of a block: lines or sentences, then words, then characters, each only where `fits` rejects the larger part. */
export function* unitsOf(text: string, block: Block, fits: (span: Span) => boolean): Generator<Span> {
  if (fits(block)) return yield block;
  for (const part of block.kind === 'lines' ? linesOf(text, block) : sentences(text, block.start, block.end)) {
    if (fits(part)) yield part;
    else if (block.kind === 'lines') {
      for (const sentence of sentences(text, part.start, part.end))
        yield* fits(sentence) ? [sentence] : wordsOf(text, sentence, fits);
    } else yield* wordsOf(text, part, fits);
  }
}

/** Offset after the line's end, at most `end`. Searches no further, because a long line would otherwise be searched again for each of its parts. */
function lineEnd(text: string, offset: number, end: number): number {
  for (let from = offset; from < end; from += PIECE) {
    const at = text.slice(from, Math.min(from + PIECE, end)).indexOf('\n');
    if (at !== -1) return from + at + 1;
  }
  return end;
}

function* linesOf(text: string, { start, end }: Span): Generator<Span> {
  for (let offset = start; offset < end;) {
    const next = lineEnd(text, offset, end);
    const span = trimmed(text, offset, next);
    if (span !== undefined) yield span;
    offset = next;
  }
}

function* wordsOf(text: string, { start, end }: Span, fits: (span: Span) => boolean): Generator<Span> {
  for (let offset = start; offset < end;) {
    // Words are searched in pieces, because a word may have megabytes.
    const match = /\S/u.exec(text.slice(offset, Math.min(end, offset + PIECE)));
    if (match === null) {
      offset += PIECE;
      continue;
    }
    const first = offset + match.index;
    const length = /^\S+/u.exec(text.slice(first, Math.min(end, first + PIECE)))?.[0].length ?? 1;
    const word = { start: first, end: first + length };
    if (length < PIECE && fits(word)) {
      yield word;
      offset = word.end;
    } else {
      const whole = length < PIECE ? word.end : Math.min(end, first + PIECE);
      let last = first;
      for (const piece of piecesOf(text, { start: first, end: whole }, whole === end || length < PIECE)) {
        if (fits(piece)) yield piece;
        else yield* graphemesOf(text, piece.start, piece.end, true);
        last = piece.end;
      }
      offset = last;
    }
  }
}

/** A few characters at a time where they are certain not to combine; otherwise as `graphemesOf`. */
function* piecesOf(text: string, { start, end }: Span, isWhole: boolean): Generator<Span> {
  for (let from = start; from < end;) {
    let to = Math.min(from + SHORT_PIECE, end);
    while (to < end && to < from + 2 * SHORT_PIECE && !PLAIN_BOUNDARY.test(text.slice(to - 1, to + 1))) to++;
    if (to === end ? isWhole : PLAIN_BOUNDARY.test(text.slice(to - 1, to + 1))) {
      yield { start: from, end: to };
      from = to;
      continue;
    }
    const before = from;
    for (const grapheme of graphemesOf(text, from, end, isWhole)) {
      yield grapheme;
      from = grapheme.end;
    }
    if (from < end && (from === before || !isWhole)) return;
  }
}

/** User-perceived characters. If the text continues after `end`, the last one is left for the next call. */
export function* graphemesOf(text: string, start: number, end: number, isWhole: boolean): Generator<Span> {
  segmenter ??= new Intl.Segmenter('und', { granularity: 'grapheme' });
  let before: Span | undefined;
  for (const { index, segment } of segmenter.segment(text.slice(start, end))) {
    if (before !== undefined) yield* cutLong(text, before);
    before = { start: start + index, end: start + index + segment.length };
  }
  if (before !== undefined && (isWhole || before.start === start)) yield* cutLong(text, before);
}

function* cutLong(text: string, { start, end }: Span): Generator<Span> {
  let from = start;
  while (end - from > LONGEST_GRAPHEME) {
    const isPair = /[\uD800-\uDBFF]/u.test(text.charAt(from + LONGEST_GRAPHEME - 1));
    const to = from + LONGEST_GRAPHEME - (isPair ? 1 : 0);
    yield { start: from, end: to };
    from = to;
  }
  yield { start: from, end };
}
