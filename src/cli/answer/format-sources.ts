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
  // If the file has changed since it was read, its old lines and offsets are not shown.
  const hasMoved = line !== source.line;
  const where = [
    pagesText(source),
    // In other formats, offsets refer to an extracted text that readers do not see.
    hasMoved || source.line === undefined ? '' : `characters ${start}–${end}`,
    linesText(hasMoved ? { line } : source),
  ].filter((part) => part !== '');
  // The first heading of a document is usually its title.
  const path = headings.length > 0 ? headings : [title];
  // A path below the working directory can be opened; otherwise only the name is shown.
  const shown = opens.startsWith(uri) ? shownName(source) + opens.slice(uri.length) : opens;
  const also = alsoAt.length === 0 ? '' : ` (also: ${alsoAt.map((copy) => shownName(copy)).join(', ')})`;
  return `[${number}] ${shown}${also} — ${path.join(' › ')}${where.length === 0 ? '' : ` (${where.join(', ')})`}`;
}

/** One line for each failure. Safe to print. */
export function formatSourceNotes({
  grounded,
  notice,
  failures,
}: Pick<SourcedAnswer, 'grounded' | 'notice' | 'failures'>): string[] {
  const notes = failures.map(({ source, reason }) => printable(`${source} failed: ${reason}`));
  if (grounded) return notes;
  return [NOTICES[notice ?? 'no source cited'], ...notes];
}

const NOTICES: Readonly<Record<NonNullable<SourcedAnswer['notice']>, string>> = {
  'no documents found':
    'No documents were found: the answer comes from the model alone and is not grounded in any source.',
  'no source cited':
    'The answer cites no source, so treat it as not grounded. The sources listed are those that the model was given.',
  'only weak hits':
    'The passages that were found probably do not answer the question, so the model was not asked. --use-weak-hits asks it.',
};

/** The sources that an answer cites, or all sources that the model was given if it cites none. */
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
