/** Place of a passage in its file. JSON-safe. */
export interface Place {
  /**
   * Offset in the decoded text of the file, in UTF-16 code units, including a byte order mark: `slice(start, end)` is the passage as
   * written there, with the file's line ends. Missing if the format is not a text.
   */
  readonly start?: number;
  readonly end?: number;
  /** First and last line in the file, from 1. Missing if the format is not a text. */
  readonly line?: number;
  readonly endLine?: number;
  /** First and last page, from 1. Only if the format has pages. */
  readonly page?: number;
  readonly endPage?: number;
}

/**
 * A part of a passage whose place is known; it ends where the next one begins. If it has the same length as its place in the file, it is
 * there character for character; otherwise the file has it as a whole in another form.
 */
export interface Stretch extends Omit<Place, 'endPage'> {
  /** Offset in the passage's text. */
  readonly at: number;
}

/** The place of `text.slice(from, to)`. Stretches are in order; text before the first has no known place. */
export function placeWithin(stretches: readonly Stretch[], text: string, from: number, to: number): Place {
  const touched = stretches.filter(({ at }, index) => {
    const next = stretches[index + 1]?.at ?? text.length;
    return at < Math.max(to, from + 1) && next > from;
  });
  const [first] = touched;
  const last = touched.at(-1);
  if (first === undefined || last === undefined) return {};
  const after = stretches[stretches.indexOf(last) + 1]?.at ?? text.length;
  const isVerbatim = (stretch: Stretch, length: number): boolean =>
    stretch.start !== undefined && stretch.end !== undefined && stretch.end - stretch.start === length;
  const firstEnd = stretches[stretches.indexOf(first) + 1]?.at ?? text.length;
  const begins = Math.max(0, from - first.at);
  const ends = Math.min(to, after) - last.at;
  const startsVerbatim = isVerbatim(first, firstEnd - first.at);
  const endsVerbatim = isVerbatim(last, after - last.at);
  const lineBreaks = (start: number, end: number): number => text.slice(start, end).split('\n').length - 1;
  const start = first.start === undefined ? undefined : first.start + (startsVerbatim ? begins : 0);
  const end = endsVerbatim && last.start !== undefined ? last.start + ends : last.end;
  const line =
    first.line === undefined ? undefined : first.line + (startsVerbatim ? lineBreaks(first.at, first.at + begins) : 0);
  const endLine =
    endsVerbatim && last.line !== undefined
      ? last.line + lineBreaks(last.at, last.at + Math.max(0, ends - 1))
      : (last.endLine ?? last.line);
  return {
    ...(start !== undefined && { start }),
    ...(end !== undefined && { end }),
    ...(line !== undefined && { line }),
    ...(endLine !== undefined && { endLine }),
    ...(first.page !== undefined && { page: first.page }),
    ...(last.page !== undefined && { endPage: last.page }),
  };
}

/** The stretches of `text.slice(from, to)`. */
export function cutStretches(stretches: readonly Stretch[], text: string, from: number, to: number): Stretch[] {
  return stretches.flatMap((stretch, index) => {
    const begin = Math.max(from, stretch.at);
    const end = Math.min(to, stretches[index + 1]?.at ?? text.length);
    if (begin >= end) return [];
    const { endPage: _endPage, endLine, ...place } = placeWithin(stretches, text, begin, end);
    return [{ at: begin - from, ...place, ...(endLine !== place.line && { endLine }) }];
  });
}

/**
 * The stretches of two parts joined by `between`, which neither of them contains.
 *
 * @param length of the first part
 */
export function joinStretches(
  first: readonly Stretch[],
  length: number,
  between: string,
  second: readonly Stretch[],
): Stretch[] {
  const last = first.at(-1);
  const next = second[0];
  const gap =
    between === '' || last === undefined
      ? []
      : [{ ...last, at: length, start: last.end, end: next?.start ?? last.end, endLine: next?.line ?? last.endLine }];
  return [...first, ...gap, ...second.map((stretch) => ({ ...stretch, at: stretch.at + length + between.length }))].map(
    withoutUndefined,
  );
}

function withoutUndefined(stretch: Stretch): Stretch {
  const { at, start, end, line, endLine, page } = stretch;
  return {
    at,
    ...(start !== undefined && { start }),
    ...(end !== undefined && { end }),
    ...(line !== undefined && { line }),
    ...(endLine !== undefined && { endLine }),
    ...(page !== undefined && { page }),
  };
}

/** The stretches of a passage; without any, its place as a single stretch. */
export function stretchesOf({
  stretches,
  place = {},
}: {
  readonly stretches?: readonly Stretch[];
  readonly place?: Place;
}): readonly Stretch[] {
  if (stretches !== undefined) return stretches;
  const { endPage: _endPage, endLine: _endLine, ...begin } = place;
  return Object.keys(begin).length === 0 ? [] : [{ at: 0, ...begin }];
}

/** E.g. `page 8`, `pages 7–8`; empty without one. */
export function pagesText({ page, endPage = page }: Place): string {
  return rangeText('page', page, endPage);
}

/** E.g. `line 12`, `lines 12–14`; empty without one. */
export function linesText({ line, endLine = line }: Place): string {
  return rangeText('line', line, endLine);
}

function rangeText(unit: string, first: number | undefined, last: number | undefined): string {
  if (first === undefined) return '';
  return last === undefined || last <= first ? `${unit} ${first}` : `${unit}s ${first}–${last}`;
}
