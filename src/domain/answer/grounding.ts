import { mergeCopies } from '../knowledge/copies.js';
import type { GroundedSource } from './grounded-source.js';
import { matchingPlace } from '../knowledge/matching-part.js';
import { cutStretches, joinStretches, placeWithin, stretchesOf, type Stretch } from '../knowledge/places.js';
import type { SearchHit, TextChunk } from '../knowledge/retrieval.js';
import { sourcesText } from './source-texts.js';

/** Maximum number of documents that an answer is grounded on. */
export const MAX_GROUNDING_DOCUMENTS = 3;
/** Maximum number of tokens of the sources of an answer, including the text around them. */
export const MAX_GROUNDING_TOKENS = 2048;

export interface GroundingOptions {
  /** What the sources are to answer: each tells the pages and lines of the part of it that says most of it. */
  readonly question?: string;
  /** Tokens of a text, by the tokenizer of the model that will answer. */
  readonly countTokens: (text: string) => number | Promise<number>;
  /** Where the sentences of a text are, in order; whatever is between them belongs to none. */
  readonly sentences: (text: string) => readonly { readonly start: number; readonly end: number }[];
  /** Default: `MAX_GROUNDING_DOCUMENTS`. */
  readonly maxDocuments?: number;
  /** Default: `MAX_GROUNDING_TOKENS`. */
  readonly maxTokens?: number;
}

/** A chunk and how much of its beginning is taken. */
interface Taken {
  readonly hit: SearchHit;
  readonly length: number;
}

/**
 * Chooses what of a search goes into a prompt: passages of the documents whose best hits come first, those of a document in its own
 * order, neighbours of one section as one passage. Each document gets its best chunk before any gets a second. A chunk that does not
 * fit is cut after a sentence; documents that are copies of each other count as one; only when not even the first sentence of the first one fits, within it.
 *
 * `sourcesText` of what it gives takes at most `maxTokens`. Empty when nothing was found, or nothing fits.
 *
 * @param hits best first
 */
export async function groundHits(
  hits: readonly SearchHit[],
  {
    question,
    countTokens,
    sentences,
    maxDocuments = MAX_GROUNDING_DOCUMENTS,
    maxTokens = MAX_GROUNDING_TOKENS,
  }: GroundingOptions,
): Promise<GroundedSource[]> {
  const candidates = hitsOfFirstDocuments(mergeCopies(hits), maxDocuments);
  let taken: readonly Taken[] = [];
  const fits = async (all: readonly Taken[], limit: number): Promise<boolean> =>
    (await countTokens(sourcesText(sourcesOf(all)))) <= limit;

  /** With as much of a chunk as fits, or as it was. */
  const withHit = async (hit: SearchHit, limit: number): Promise<readonly Taken[]> => {
    const others = taken.filter((one) => one.hit !== hit);
    const before = taken.find((one) => one.hit === hit)?.length ?? 0;
    const { text } = hit.chunk;
    const of = (length: number): readonly Taken[] => [...others, { hit, length }];
    if (await fits(of(text.length), limit)) return of(text.length);
    const ends = sentences(text).map(({ end }) => end);
    const best = await last(
      ends.filter((end) => end > before && end < text.length),
      (end) => fits(of(end), limit),
    );
    return best === undefined ? taken : of(best);
  };

  const documents = new Map(candidates.toReversed().map((hit) => [documentKey(hit), hit]));
  const best = candidates.filter((hit) => documents.get(documentKey(hit)) === hit);
  for (const [index, hit] of best.entries()) {
    // What the ones before left over is shared by the others.
    const used = taken.length === 0 ? 0 : await countTokens(sourcesText(sourcesOf(taken)));
    taken = await withHit(hit, used + Math.floor((maxTokens - used) / (best.length - index)));
  }
  for (const hit of [...best, ...candidates]) taken = await withHit(hit, maxTokens);
  const [first] = candidates;
  if (taken.length === 0 && first !== undefined) {
    const ends = Array.from(first.chunk.text.matchAll(/\s|./gsu), ({ index, 0: unit }) => index + unit.length);
    const length = await last(ends, (end) => fits([{ hit: first, length: end }], maxTokens));
    if (length !== undefined) taken = [{ hit: first, length }];
  }
  return sourcesOf(taken).map((source) => (question === undefined ? source : placedSource(source, question)));
}

function hitsOfFirstDocuments(hits: readonly SearchHit[], maxDocuments: number): SearchHit[] {
  const documents = new Set<string>();
  const chunks = new Set<string>();
  return hits.filter((hit) => {
    const document = documentKey(hit);
    const chunk = `${document}\n${hit.chunk.index}`;
    if (chunks.has(chunk) || hit.chunk.text.trim() === '') return false;
    if (!documents.has(document) && documents.size >= maxDocuments) return false;
    documents.add(document);
    chunks.add(chunk);
    return true;
  });
}

/** Documents in the order of what was taken, each one's passages in the order of the document. */
function sourcesOf(taken: readonly Taken[]): GroundedSource[] {
  const documents = new Map<string, Taken[]>();
  for (const one of taken) {
    const key = documentKey(one.hit);
    documents.set(key, [...(documents.get(key) ?? []), one]);
  }
  const passages = [...documents.values()].flatMap((ofOne) => {
    const inOrder = ofOne.toSorted((a, b) => a.hit.chunk.start - b.hit.chunk.start || a.length - b.length);
    const merged: Passage[] = [];
    let before: Taken | undefined;
    for (const one of inOrder) {
      const passage = merged.at(-1);
      const joined = passage && before && join(passage, before, one);
      if (joined) merged[merged.length - 1] = joined;
      else merged.push(passageOf(one));
      before = one;
    }
    return merged;
  });
  return passages.map((passage, index) => sourceOf(passage, index + 1));
}

/** What is taken of a document in one piece. */
interface Passage {
  readonly hit: SearchHit;
  readonly text: string;
  /** Where it ends in the document's text. */
  readonly end: number;
  /** Of `text`. */
  readonly stretches: readonly Stretch[];
  /** Documents that say all of it too. */
  readonly alsoAt: NonNullable<GroundedSource['alsoAt']>;
}

function passageOf({ hit, length }: Taken): Passage {
  const { text, start, repeated = 0 } = hit.chunk;
  return {
    hit,
    text: text.slice(0, length),
    end: start + Math.max(0, length - repeated),
    stretches: cutStretches(stretchesOfChunk(hit.chunk), text, 0, length),
    alsoAt: copiesOf(hit),
  };
}

function sourceOf({ hit, text, end, stretches, alsoAt }: Passage, number: number): GroundedSource {
  const { knowledgeBase, document, chunk } = hit;
  const { uri, name, title, mediaType } = document;
  const { start: from = chunk.start, end: to = end, ...place } = placeWithin(stretches, text, 0, text.length);
  const [first] = stretches;
  const isOne =
    stretches.length <= 1 && (first?.at ?? 0) === 0 && (first?.start === undefined || to - from === text.length);
  return {
    number,
    knowledgeBase,
    uri,
    ...(name !== undefined && { name }),
    title,
    mediaType,
    headings: chunk.headings,
    ...place,
    start: from,
    end: to,
    text,
    ...(!isOne && { stretches }),
    ...(alsoAt.length > 0 && { alsoAt }),
  };
}

/** Its passage stays what it is; pages and lines are those of the part that fits. */
function placedSource(source: GroundedSource, question: string): GroundedSource {
  const { start, end, line, page, text } = source;
  const whole = { ...(line !== undefined && { start, end, line }), ...(page !== undefined && { page }) };
  const stretches = stretchesOf({ place: whole, stretches: source.stretches });
  const { start: _start, end: _end, ...place } = matchingPlace({ text, stretches }, question);
  return { ...source, ...place, ...(stretches.length > 0 && { stretches }) };
}

/** Chunks that were kept before there were places tell the page on which they begin. */
function stretchesOfChunk({
  page,
  place = page === undefined ? {} : { page },
  stretches,
}: TextChunk): readonly Stretch[] {
  return stretchesOf({ place, stretches });
}

/** Both as one when they overlap or are neighbours in one section, else undefined. */
function join(passage: Passage, before: Taken, next: Taken): Passage | undefined {
  const { chunk } = next.hit;
  const { text, start, repeated = 0 } = chunk;
  // The header of a table is told once.
  const length = Math.max(repeated, next.length);
  const end = start + length - repeated;
  const gap = start - passage.end;
  // Whoever says the one and not the other does not say both.
  const copies = copiesOf(next.hit);
  const joined = (from: number, between: string): Passage => ({
    ...passage,
    alsoAt: passage.alsoAt.filter((copy) => copies.some((one) => isSameDocument(one, copy))),
    end,
    text: passage.text + between + text.slice(from, length),
    stretches: joinStretches(
      passage.stretches,
      passage.text.length,
      between,
      cutStretches(stretchesOfChunk(chunk), text, from, length),
    ),
  });
  if (gap < 0) return end <= passage.end ? passage : joined(repeated - gap, '');
  const isNext = before.length === before.hit.chunk.text.length && chunk.index === before.hit.chunk.index + 1;
  if (!isNext || !isSameSection(before.hit.chunk, chunk)) return undefined;
  // Between neighbours there is only what a chunker leaves away: space, of at least a line if of more than one character.
  return joined(repeated, repeated > 0 ? '\n' : (['', ' '][gap] ?? '\n\n'));
}

function copiesOf({ alsoAt = [] }: SearchHit): Passage['alsoAt'] {
  return alsoAt.map(({ knowledgeBase, document }) => ({ knowledgeBase, ...document }));
}

function isSameDocument(a: Passage['alsoAt'][number], b: Passage['alsoAt'][number]): boolean {
  return a.knowledgeBase === b.knowledgeBase && a.uri === b.uri;
}

function isSameSection(a: TextChunk, b: TextChunk): boolean {
  return a.headings.length === b.headings.length && a.headings.every((heading, index) => heading === b.headings[index]);
}

/** The last of ascending values that passes, where those before it pass too. */
async function last(values: readonly number[], passes: (value: number) => Promise<boolean>) {
  let [low, high] = [0, values.length];
  let found: number | undefined;
  while (low < high) {
    const middle = (low + high) >> 1;
    const value = values[middle] ?? 0;
    if (await passes(value)) {
      found = value;
      low = middle + 1;
    } else high = middle;
  }
  return found;
}

function documentKey({ knowledgeBase, document }: SearchHit): string {
  return `${knowledgeBase}\n${document.uri}`;
}
