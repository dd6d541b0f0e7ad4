import type { SearchHit, SearchStage, StageScore } from '../../domain/knowledge/retrieval.js';

/** What one stage found in one knowledge base. */
export interface Candidate {
  readonly stage: Extract<SearchStage, 'lexical' | 'vector'>;
  readonly knowledgeBase: number;
  readonly document: number;
  readonly chunk: number;
  /** Larger is better. */
  readonly score: number;
  /**
   * Of the stage `lexical`: the score by that of a chunk of average length which holds each term of the query once. Unlike scores, it can
   * be compared between knowledge bases, in which a word of the query is common or rare.
   */
  readonly share?: number;
}

export interface FusedCandidate extends Pick<Candidate, 'knowledgeBase' | 'document' | 'chunk'> {
  readonly stages: SearchHit['stages'];
  readonly score: number;
}

// source: Cormack, Clarke, Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning Methods", SIGIR 2009
// It has 60, for long lists of the same worth; docs/performance-retrieval.md compares. Smaller, first places count more.
const K = 20;

/**
 * Reciprocal rank fusion, best first: each stage gives weight / (20 + rank). Ranks are over all knowledge bases, by share or else score.
 *
 * Ranks alone would take a chunk that shares one word with the question, and is first because none shares more, for as good as the nearest
 * of all vectors. So a rank by words weighs its share, 1 at most; one by vectors, whose scores say nothing by themselves, weighs 1.
 *
 * @param depth so many of each stage count
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

/** Equal scores come in one order, so that a search gives the same twice. */
function compareKeys(a: Candidate, b: Candidate): number {
  return a.knowledgeBase - b.knowledgeBase || a.document - b.document || a.chunk - b.chunk;
}
