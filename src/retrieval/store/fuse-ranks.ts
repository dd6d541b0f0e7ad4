import type { SearchHit, SearchStage, StageScore } from '../../domain/retrieval.js';

/** What one stage found in one knowledge base. */
export interface Candidate {
  readonly stage: Extract<SearchStage, 'lexical' | 'vector'>;
  readonly knowledgeBase: number;
  readonly document: number;
  readonly chunk: number;
  /** Larger is better. */
  readonly score: number;
}

export interface FusedCandidate extends Pick<Candidate, 'knowledgeBase' | 'document' | 'chunk'> {
  readonly stages: SearchHit['stages'];
  readonly score: number;
}

// source: Cormack, Clarke, Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning Methods", SIGIR 2009
const K = 60;

/**
 * Reciprocal rank fusion, best first: each stage gives 1 / (60 + rank). Ranks are over all knowledge bases.
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
      entry.score += 1 / (K + position + 1);
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
  return b.score - a.score || compareKeys(a, b);
}

/** Equal scores come in one order, so that a search gives the same twice. */
function compareKeys(a: Candidate, b: Candidate): number {
  return a.knowledgeBase - b.knowledgeBase || a.document - b.document || a.chunk - b.chunk;
}
