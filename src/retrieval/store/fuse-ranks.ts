import type { SearchHit, SearchStage, StageScore } from '../../domain/knowledge/retrieval.js';

/** A chunk that one stage found in one knowledge base. */
export interface Candidate {
  readonly stage: Extract<SearchStage, 'lexical' | 'vector'>;
  readonly knowledgeBase: number;
  readonly document: number;
  readonly chunk: number;
  /** Larger is better. */
  readonly score: number;
  /**
   * Only of the stage `lexical`: the score divided by that of a chunk of average length that contains each term of the query once. Unlike
   * scores, shares can be compared between knowledge bases, although a word may be common in one and rare in another.
   */
  readonly share?: number;
}

export interface FusedCandidate extends Pick<Candidate, 'knowledgeBase' | 'document' | 'chunk'> {
  readonly stages: SearchHit['stages'];
  readonly score: number;
}

// source: Cormack, Clarke, Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning Methods", SIGIR 2009
// The paper uses 60, for long lists of equal quality; docs/performance-retrieval.md compares values. Smaller values favour the first
// places.
const K = 20;

/**
 * Reciprocal rank fusion, best first: each stage adds weight / (20 + rank). Ranks are over all knowledge bases, by share if there is one,
 * otherwise by score.
 *
 * With ranks alone, a chunk that shares a single word with the question, and comes first because none shares more, would count as much as
 * the nearest of all vectors. So the weight of a lexical rank is its share, at most 1. The weight of a vector rank is 1, because vector
 * scores say nothing by themselves.
 *
 * @param depth number of candidates of each stage that count
 */
export function fuseRanks(candidates: readonly Candidate[], depth: number): FusedCandidate[] {
  const fused = new Map<
    string,
    { candidate: Candidate; stages: Partial<Record<SearchStage, StageScore>>; score: number }
  >();
  for (const stage of ['lexical', 'vector'] as const) {
    const ranked = candidates.filter((candidate) => candidate.stage === stage).toSorted(compare);
    for (const [position, candidate] of ranked.slice(0, depth).entries()) {
      const key = `${candidate.knowledgeBase} ${candidate.document} ${candidate.chunk}`;
      const entry = fused.get(key) ?? { candidate, stages: {}, score: 0 };
      entry.stages[stage] = { rank: position + 1, score: candidate.score };
      entry.score += Math.min(candidate.share ?? 1, 1) / (K + position + 1);
      fused.set(key, entry);
    }
  }
  return [...fused.values()]
    .toSorted((a, b) => b.score - a.score || compareKeys(a.candidate, b.candidate))
    .map(({ candidate: { knowledgeBase, document, chunk }, stages, score }) => ({
      knowledgeBase,
      document,
      chunk,
      stages,
      score,
    }));
}

function compare(a: Candidate, b: Candidate): number {
  return (b.share ?? b.score) - (a.share ?? a.score) || compareKeys(a, b);
}

/** A fixed order for equal scores, so that the same search returns the same result. */
function compareKeys(a: Candidate, b: Candidate): number {
  return a.knowledgeBase - b.knowledgeBase || a.document - b.document || a.chunk - b.chunk;
}
