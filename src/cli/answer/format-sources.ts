import { shownName } from '../../domain/knowledge/document-name.js';
import type { SourcedAnswer } from '../../domain/answer/citations.js';
import { linesText, pagesText } from '../../domain/knowledge/places.js';
import { locateSource } from './locate-source.js';
import type { SourcePlace } from './locate-source.js';
import { printable } from '../terminal.js';

type Told = Parameters<typeof locateSource>[0];

/** A line for each source, e.g. `[1] docs/guide.md:12 — Guide › Setup (characters 310–822, lines 12–14)`. Safe to print. */
export async function formatSources(sources: readonly Told[]): Promise<string[]> {
  return Promise.all(sources.map(async (source) => printable(formatSource(source, await locateSource(source)))));
}

function formatSource(source: Told, { opens, line }: SourcePlace): string {
  const { number, uri, title, headings, start, end, alsoAt = [] } = source;
  // Of a file that has changed since it was read, what was true of it is not told.
  const hasMoved = line !== source.line;
  const where = [
    pagesText(source),
    // Of another format, the offsets are those of a text that nobody sees.
    hasMoved || source.line === undefined ? '' : `characters ${start}–${end}`,
    linesText(hasMoved ? { line } : source),
  ].filter((part) => part !== '');
  // A document's first heading mostly is its title.
  const path = headings.length > 0 ? headings : [title];
  // Below the working directory the path can be opened; of another one, only the name is told.
  const shown = opens.startsWith(uri) ? shownName(source) + opens.slice(uri.length) : opens;
  const also = alsoAt.length === 0 ? '' : ` (also: ${alsoAt.map((copy) => shownName(copy)).join(', ')})`;
  return `[${number}] ${shown}${also} — ${path.join(' › ')}${where.length === 0 ? '' : ` (${where.join(', ')})`}`;
}

/** What went wrong, a line each. Safe to print. */
export function formatSourceNotes({
  grounded,
  notice,
  failures,
}: Pick<SourcedAnswer, 'grounded' | 'notice' | 'failures'>): string[] {
  const notes = failures.map(({ source, reason }) => printable(`${source} failed: ${reason}`));
  if (grounded) return notes;
  return [
    notice === 'no documents found'
      ? 'No documents were found: the answer comes from the model alone and is not grounded in any source.'
      : 'The answer cites no source, so treat it as not grounded. The sources listed are those that the model was given.',
    ...notes,
  ];
}

/** Those that an answer names; of one that names none, all that the model was told of. */
export function listedSources<Source extends { readonly number: number }>({
  grounded,
  citations,
  sources,
}: {
  readonly grounded: boolean;
  readonly citations: readonly { readonly number: number }[];
  readonly sources: readonly Source[];
}): readonly Source[] {
  const cited = new Set(citations.map(({ number }) => number));
  return sources.filter(({ number }) => !grounded || cited.has(number));
}
