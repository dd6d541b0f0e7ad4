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
  /** The question that the sources should answer. With it, each source has the pages and lines of its part that matches the question best. */
  readonly question?: string;
  /** Counts the tokens of a text with the tokenizer of the model that will answer. */
  readonly countTokens: (text: string) => number | Promise<number>;
  /** Finds the sentences of a text, in order; text between them belongs to none. */
  readonly sentences: (text: string) => readonly { readonly start: number; readonly end: number }[];
  /** Default: `MAX_GROUNDING_DOCUMENTS`. */
  readonly maxDocuments?: number;
  /** Default: `MAX_GROUNDING_TOKENS`. */
  readonly maxTokens?: number;
}

/** A chunk and the length of its beginning that is used. */
interface Taken {
  readonly hit: SearchHit;
  readonly length: number;
}

/**
 * Chooses passages from the hits of a search for a prompt. The documents are those of the best hits; the passages of a document are in its
 * own order, and neighbours of one section form one passage. Each document gets its best chunk before any document gets a second one. A
 * chunk that does not fit is cut after a sentence, and within its first sentence only if nothing else fits at all. Documents that are
 * copies of each other count as one.
 *
 * `sourcesText` of the result has at most `maxTokens`. The result is empty if nothing was found or nothing fits.
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

  /** Adds as much of a chunk as fits, or leaves the selection unchanged. */
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
    // The following documents share the tokens that the previous ones left over.
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

/** Sources by document, in the order in which documents were chosen; the passages of each are in the order of the document. */
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

/** A contiguous part of a document. */
interface Passage {
  readonly hit: SearchHit;
  readonly text: string;
  /** End in the document's text. */
  readonly end: number;
  /** Places of the parts of `text`. */
  readonly stretches: readonly Stretch[];
  /** Other documents that contain the whole passage. */
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

/** The same passage, with the pages and lines of its part that matches the question. */
function placedSource(source: GroundedSource, question: string): GroundedSource {
  const { start, end, line, page, text } = source;
  const whole = { ...(line !== undefined && { start, end, line }), ...(page !== undefined && { page }) };
  const stretches = stretchesOf({ place: whole, stretches: source.stretches });
  const { start: _start, end: _end, ...place } = matchingPlace({ text, stretches }, question);
  return { ...source, ...place, ...(stretches.length > 0 && { stretches }) };
}

/** Chunks that were stored before places existed only have the page on which they begin. */
function stretchesOfChunk({
  page,
  place = page === undefined ? {} : { page },
  stretches,
}: TextChunk): readonly Stretch[] {
  return stretchesOf({ place, stretches });
}

/** Merges both if they overlap or are neighbours in one section; otherwise undefined. */
function join(passage: Passage, before: Taken, next: Taken): Passage | undefined {
  const { chunk } = next.hit;
  const { text, start, repeated = 0 } = chunk;
  // Keeps the header of a table only once.
  const length = Math.max(repeated, next.length);
  const end = start + length - repeated;
  const gap = start - passage.end;
  // Only documents that contain both parts are copies of the merged passage.
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
  // Between neighbours, a chunker only removes white space: with more than one character, it had at least one line break.
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

/** Finds the last passing one of ascending values, if all values before it pass too. */
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
