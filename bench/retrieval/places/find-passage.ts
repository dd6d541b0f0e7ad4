import { foldText, occurrences, type FoldedText, type Folding } from './folded-text.js';

/** Of the beginning and of the end of a passage that is written in another order or with something left out in the middle. */
const END_CHARACTERS = 24;

/** Where a passage stands by search alone; several, where it stands there as often and nothing tells which one is meant. */
export interface Found {
  /** Positions in the folded text of the file: of first characters, and of last ones. */
  readonly first: readonly number[];
  readonly last: readonly number[];
}

/**
 * Looks for a passage in another reading of its file. Which of several equal ones is meant is told by which of them it is in the parsed text,
 * where both texts have as many.
 *
 * @param passage a part of `parsed`, by its offset there
 * @returns undefined where not even its ends stand there
 */
export function findPassage(
  file: FoldedText,
  parsed: FoldedText,
  passage: { readonly text: string; readonly offset: number },
  folding: Folding,
): Found | undefined {
  const { text } = foldText(passage.text, folding);
  if (text === '') return undefined;
  const whole = place(file, parsed, text, passage.offset);
  if (whole.length > 0) return { first: whole, last: whole.map((at) => at + text.length - 1) };
  if (text.length < END_CHARACTERS) return undefined;
  const first = place(file, parsed, text.slice(0, END_CHARACTERS), passage.offset);
  const end = text.slice(-END_CHARACTERS);
  // Where it begins in the parsed text.
  const inParsed = parsed.from.findLastIndex((at) => at < passage.offset + passage.text.length);
  const last = place(file, parsed, end, parsed.from[inParsed - end.length + 1] ?? 0).map((at) => at + end.length - 1);
  return first.length === 0 || last.length === 0 ? undefined : { first, last };
}

function place(file: FoldedText, parsed: FoldedText, wanted: string, offset: number): readonly number[] {
  const inFile = occurrences(file.text, wanted);
  if (inFile.length < 2) return inFile;
  const inParsed = occurrences(parsed.text, wanted);
  if (inParsed.length !== inFile.length) return inFile;
  const rank = inParsed.findIndex((at) => (parsed.from[at] ?? 0) >= offset);
  const found = inFile[rank];
  return found === undefined ? inFile : [found];
}
