import type { CopyPlace, SearchHit } from './retrieval.js';

/** Maximum number of other places listed with a hit; the first ones are kept. */
const MAX_COPY_PLACES = 20;
/** Texts shorter than this, such as "Default: true.", mean something else under each heading. */
const SHORT_TEXT = 200;

/**
 * Merges hits with the same text, keeping the order, best first. `alsoAt` lists the other places of a text. Texts that occur in two
 * documents are all attributed to the same one, so that copies of a document count as one source.
 */
export function mergeCopies(hits: readonly SearchHit[]): SearchHit[] {
  const groups = new Map<string, SearchHit[]>();
  for (const hit of hits) {
    const key = textKey(hit);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [hit]);
    else group.push(hit);
  }
  const told = new Set<string>();
  return [...groups.values()].flatMap((group) => {
    const [best] = group;
    if (best === undefined) return [];
    const places = placesOf(group);
    const home = group.find((hit) => told.has(documentKey(hit))) ?? best;
    const [{ knowledgeBase, document, chunk }] = [home];
    told.add(documentKey(home));
    const alsoAt = places.filter((place) => placeKey(place) !== placeKey(home)).slice(0, MAX_COPY_PLACES);
    const { alsoAt: _, ...rest } = best;
    return [{ ...rest, knowledgeBase, document, chunk, ...(alsoAt.length > 0 && { alsoAt }) }];
  });
}

/** Two texts are near copies if they share at least this much of their shingles of 5 characters. */
const NEAR = 0.9;
const SHINGLE_CHARACTERS = 5;
/** One in this many shingles is compared, as a sample. */
const SAMPLED = 8;
/** Texts with fewer samples are not compared. */
const MIN_SAMPLES = 8;
/** Factor on the weight of a near copy for each better hit that resembles it. With ranks of fusion, the second hit moves to about eighth place. */
const NEAR_COPY_WEIGHT = 0.8;
/** Same constant as in `retrieval/store/fuse-ranks.ts`. */
const RANK_OFFSET = 20;

/**
 * Moves down hits that say nearly the same as a better hit, such as an earlier version of a document, so that they come after hits with
 * other content. The score of a moved hit is at most that of the hit before it.
 *
 * @param hits best first
 */
export function rankDownNearCopies(hits: readonly SearchHit[]): SearchHit[] {
  const copies = nearCopies(hits);
  if (copies.every((count) => count === 0)) return [...hits];
  const inOrder = hits
    .map((hit, index) => ({
      hit,
      weight: NEAR_COPY_WEIGHT ** (copies[index] ?? 0) / (RANK_OFFSET + index + 1),
    }))
    .toSorted((a, b) => b.weight - a.weight);
  let least = Infinity;
  return inOrder.map(({ hit }) => {
    least = Math.min(least, hit.score);
    return least === hit.score ? hit : { ...hit, score: least };
  });
}

/** For each hit, the number of better hits that it is a near copy of. */
export function nearCopies(hits: readonly SearchHit[]): number[] {
  const shingles = hits.map(({ chunk }) => sampledShingles(chunk.text));
  return shingles.map((mine, index) => shingles.slice(0, index).filter((better) => areNear(mine, better)).length);
}

function areNear(a: ReadonlySet<number>, b: ReadonlySet<number>): boolean {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  if (small.size < MIN_SAMPLES || small.size < NEAR * large.size) return false;
  let common = 0;
  for (const shingle of small) if (large.has(shingle)) common++;
  return common >= NEAR * (a.size + b.size - common);
}

/** Hashes of one in `SAMPLED` shingles; the same shingles are chosen in every text. */
function sampledShingles(text: string): Set<number> {
  const collapsed = collapse(text);
  const sampled = new Set<number>();
  for (let start = 0; start + SHINGLE_CHARACTERS <= collapsed.length; start++) {
    let hash = 0x811c9dc5;
    for (let index = start; index < start + SHINGLE_CHARACTERS; index++) {
      // FNV-1a, by UTF-16 units. source: http://www.isthe.com/chongo/tech/comp/fnv/
      hash = Math.imul(hash ^ collapsed.charCodeAt(index), 0x01000193);
    }
    hash ^= hash >>> 15;
    if ((hash & (SAMPLED - 1)) === 0) sampled.add(hash);
  }
  return sampled;
}

function textKey({ document, chunk: { text, headings } }: SearchHit): string {
  const collapsed = collapse(text);
  if (collapsed.length >= SHORT_TEXT) return collapsed;
  // The first heading of a document is usually its title, which may be its file's name.
  const within = headings[0] === document.title ? headings.slice(1) : headings;
  return [...within, collapsed].join('\n');
}

function collapse(text: string): string {
  return text.normalize('NFKC').replace(/\s+/gu, ' ').trim().toLowerCase();
}

function placesOf(group: readonly SearchHit[]): CopyPlace[] {
  const places = group.flatMap(({ knowledgeBase, document: { uri, name, title }, chunk, alsoAt = [] }): CopyPlace[] => {
    const { index, start, end, page } = chunk;
    return [
      {
        knowledgeBase,
        document: { uri, ...(name !== undefined && { name }), title },
        chunk: { index, start, end, ...(page !== undefined && { page }) },
      },
      ...alsoAt,
    ];
  });
  return [...new Map(places.toReversed().map((place) => [placeKey(place), place])).values()].toReversed();
}

function placeKey({
  knowledgeBase,
  document,
  chunk,
}: Pick<SearchHit, 'knowledgeBase'> & { document: { uri: string }; chunk: { index: number } }): string {
  return `${documentKey({ knowledgeBase, document })}\n${chunk.index}`;
}

function documentKey({ knowledgeBase, document }: { knowledgeBase: string; document: { uri: string } }): string {
  return `${knowledgeBase}\n${document.uri}`;
}
