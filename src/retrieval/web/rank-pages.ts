import type { SearchHit, SearchStage, StageScore, TextChunk } from '../../domain/knowledge/retrieval.js';
import { documentTerms, queryTerms } from '../../domain/words/search-terms.js';
import { chunkDocument } from '../chunk/chunk-document.js';
import { fuseRanks } from '../store/fuse-ranks.js';
import type { Candidate } from '../store/fuse-ranks.js';
import type { WebDocument } from './web-search.js';

export interface RankPagesOptions {
  readonly countTokens: (texts: readonly string[]) => Promise<readonly number[]>;
  /** Maximum tokens of a chunk. */
  readonly chunkTokens: number;
  readonly limit: number;
  /** Cosines of the query and each text. Missing: the pages are ranked by words alone. */
  readonly similarities?: (query: string, texts: readonly string[]) => Promise<readonly number[]>;
  readonly signal: AbortSignal;
}

/** Maximum number of chunks of a page, enough for a long article. The rest of the page is ignored. */
const MAX_CHUNKS = 200;
/** Maximum number of chunks to embed: those that match best by words. Each costs time on the model. */
const EMBEDDED = 48;
/** Parameters of BM25. source: Robertson, Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009 */
const [K1, B] = [1.2, 0.75];

interface Place {
  readonly page: number;
  readonly chunk: TextChunk;
}

/** Cuts pages into chunks and ranks them like those of a knowledge base, by a fusion of words and meaning. */
export async function rankPages(
  query: string,
  pages: readonly WebDocument[],
  { countTokens, chunkTokens, limit, similarities, signal }: RankPagesOptions,
): Promise<SearchHit[]> {
  const places: Place[] = [];
  for (const [page, { document }] of pages.entries()) {
    for await (const chunk of chunkDocument(document, { countTokens, maxTokens: chunkTokens, signal })) {
      places.push({ page, chunk });
      if (chunk.index + 1 === MAX_CHUNKS) break;
    }
  }
  const lexical = lexicalScores(query, places.map(textOf));
  const candidates = places.flatMap((place, index) => candidate('lexical', place, lexical[index] ?? 0));
  if (similarities !== undefined && places.length > 0) {
    // Equal scores stay in the order of the search, so that if no word matches, the beginnings of the best pages are chosen.
    const best = [...places.keys()].toSorted((a, b) => (lexical[b] ?? 0) - (lexical[a] ?? 0)).slice(0, EMBEDDED);
    const chosen = best.flatMap((index) => places[index] ?? []);
    const cosines = await similarities(query, chosen.map(textOf));
    candidates.push(...chosen.flatMap((place, index) => candidate('vector', place, cosines[index] ?? 0)));
  }
  return fuseRanks(candidates, Math.max(50, 2 * limit))
    .slice(0, limit)
    .flatMap(({ document, chunk, stages, score }) => {
      const page = pages[document];
      const found = places.find((place) => place.page === document && place.chunk.index === chunk);
      return page && found ? [hitOf(page, found.chunk, stages, score)] : [];
    });
}

function hitOf(
  { info: { uri, title, mediaType, metadata } }: WebDocument,
  chunk: TextChunk,
  stages: Readonly<Partial<Record<SearchStage, StageScore>>>,
  score: number,
): SearchHit {
  return { knowledgeBase: 'web', document: { uri, title, mediaType, metadata }, chunk, stages, score };
}

function candidate(stage: Candidate['stage'], { page, chunk }: Place, score: number): Candidate[] {
  // A text without a common word is not a lexical match.
  if (stage === 'lexical' && score <= 0) return [];
  return [{ stage, knowledgeBase: 0, document: page, chunk: chunk.index, score }];
}

function textOf({ chunk: { headings, text } }: Place): string {
  return [...headings, text].join('\n');
}

/** BM25 score of each text for the query, with statistics of these texts. */
function lexicalScores(query: string, texts: readonly string[]): number[] {
  const wanted = queryTerms(query);
  const documents = texts.map((text) => documentTerms(text).split(' '));
  const counts = documents.map((terms) => {
    const count = new Map<string, number>(wanted.map((term) => [term, 0]));
    for (const term of terms) {
      const before = count.get(term);
      if (before !== undefined) count.set(term, before + 1);
    }
    return count;
  });
  const average = documents.reduce((sum, { length }) => sum + length, 0) / Math.max(1, documents.length);
  const weights = wanted.map((term) => {
    const holding = counts.filter((count) => (count.get(term) ?? 0) > 0).length;
    return [term, Math.log(1 + (documents.length - holding + 0.5) / (holding + 0.5))] as const;
  });
  return counts.map((count, index) => {
    const length = documents[index]?.length ?? 0;
    return weights.reduce((sum, [term, weight]) => {
      const frequency = count.get(term) ?? 0;
      return sum + (weight * frequency * (K1 + 1)) / (frequency + K1 * (1 - B + (B * length) / average));
    }, 0);
  });
}
