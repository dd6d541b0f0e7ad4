import { queryTerms } from '../words/search-terms.js';
import { termsOf } from '../words/shared-words.js';
import type { SearchHit } from './retrieval.js';

/** Statistics that a search returns about its knowledge bases, in addition to the hits. */
export interface SearchStatistics {
  /** Number of chunks searched. */
  readonly chunks: number;
  /** Number of chunks that contain each term of the query; terms in no chunk are missing. */
  readonly holding: ReadonlyMap<string, number>;
}

/** Statistics of several knowledge bases that were searched together. */
export function sumStatistics(all: readonly SearchStatistics[]): SearchStatistics {
  const holding = new Map<string, number>();
  for (const each of all) {
    for (const [term, chunks] of each.holding) holding.set(term, (holding.get(term) ?? 0) + chunks);
  }
  return { chunks: sum(all.map(({ chunks }) => chunks)), holding };
}

/** Evidence on whether hits answer a question. */
export interface AnswerEvidence {
  /** Cosine of the nearest hit. */
  readonly nearest: number;
  /** The highest sum, over all hits, of `COSINE_WEIGHT` times the hit's cosine and the share of the question's words that it contains. */
  readonly best: number;
  /** Share of the question's words that no hit contains. */
  readonly unfound: number;
  /** Whether the question contains a name that no hit contains. */
  readonly lacksName: boolean;
  /** Number of chunks searched. */
  readonly chunks: number;
  /** Script of the question; `paired`: without spaces between words, as in Chinese. */
  readonly script: 'spaced' | 'paired';
  /** Whether the nearest hit has the same kind of script. If it does not, they share no words, whatever it says. */
  readonly isSameScript: boolean;
}

/** Number of hits by which a question is judged. */
export const JUDGED_HITS = 10;
const COSINE_WEIGHT = 10;
/**
 * Range of the number of words with which a question can be judged by how many of them are found. Of a longer one, such as a pasted text,
 * most are not.
 */
const FEWEST_WORDS = 2;
const MOST_WORDS = 60;
/** Prior for the frequency of words: without it, a word missing from a knowledge base of one chunk would count as rare. */
const PRIOR_CHUNKS = 100;
const PRIOR_HOLDING = 2;

/**
 * Evaluates the hits. Words are compared by their stems, and weigh more the fewer chunks contain them. Words that say nothing about a
 * subject do not count.
 *
 * @param hits of a search for the question, at most `JUDGED_HITS`
 * @returns undefined if the question has too few or too many words, or no hit has a cosine
 */
export function evidenceOf(
  question: string,
  hits: readonly SearchHit[],
  { chunks, holding }: SearchStatistics,
): AnswerEvidence | undefined {
  const words = wordsOf(question, (term) => {
    const containing = Math.min(holding.get(term) ?? 0, chunks) + PRIOR_HOLDING;
    return Math.log(1 + (chunks + PRIOR_CHUNKS - containing + 0.5) / (containing + 0.5));
  });
  if (words.length < FEWEST_WORDS || words.length > MOST_WORDS) return undefined;
  const judged = hits.map(({ document, chunk, stages }) => {
    const { content, isPaired } = termsOf([document.title, ...chunk.headings, chunk.text].join('\n'));
    return { cosine: stages.vector?.score, content, isPaired };
  });
  const near = judged.flatMap((hit) => (hit.cosine === undefined ? [] : [{ ...hit, cosine: hit.cosine }]));
  const [nearest] = near.toSorted((a, b) => b.cosine - a.cosine);
  if (nearest === undefined) return undefined;
  const total = sum(words.map(({ weight }) => weight));
  const shareOf = (isCounted: (stems: readonly string[]) => boolean): number =>
    sum(words.filter(({ stems }) => isCounted(stems)).map(({ weight }) => weight)) / total;
  const isHeld = (stems: readonly string[]): boolean => judged.some(({ content }) => holds(content, stems));
  const { isPaired, isEnglish } = termsOf(question);
  return {
    nearest: nearest.cosine,
    best: Math.max(
      ...near.map(({ cosine, content }) => COSINE_WEIGHT * cosine + shareOf((stems) => holds(content, stems))),
    ),
    unfound: shareOf((stems) => !isHeld(stems)),
    lacksName: namesOf(question, isEnglish).some((stems) => !isHeld(stems)),
    chunks,
    script: isPaired ? 'paired' : 'spaced',
    isSameScript: nearest.isPaired === isPaired,
  };
}

function holds(content: ReadonlySet<string>, stems: readonly string[]): boolean {
  return stems.every((stem) => content.has(stem));
}

interface Word {
  /** A text contains the word if it has all of these. */
  readonly stems: readonly string[];
  readonly weight: number;
}

function wordsOf(question: string, weightOf: (term: string) => number): Word[] {
  return queryTerms(question).flatMap((term) => {
    const stems = [...termsOf(term).content];
    return stems.length === 0 ? [] : [{ stems, weight: weightOf(term) }];
  });
}

/**
 * Stems of words that look like names: with a digit, an underscore or an inner capital, and in English also with an initial capital,
 * because other English words have none: `React`, `LINQ`, `simple_tag`. If no hit contains the name of a thing, the hits hardly answer a
 * question about it.
 */
function namesOf(question: string, isEnglish: boolean): readonly (readonly string[])[] {
  return [...question.matchAll(/[\p{L}\p{N}_.'’-]+/gu)].flatMap(({ 0: run, index }) => {
    const word = run.replace(/['’]s$/u, '').replace(/[.'’-]+$/u, '');
    const before = question.slice(0, index).trimEnd();
    const isFirst = before === '' || /[.!?:;"“«(]$/u.test(before);
    const isName =
      /\p{L}/u.test(word) &&
      (/[_\p{N}]|.\p{Lu}/u.test(word) || (isEnglish && !isFirst && word !== 'I' && /^\p{Lu}/u.test(word)));
    const stems = isName ? [...termsOf(word).content] : [];
    return stems.length === 0 ? [] : [stems];
  });
}

/** A rule fitted on questions with and without an answer: a weighted sum, which is below 0 for weak evidence. */
interface EvidenceRule {
  readonly bias: Readonly<Record<AnswerEvidence['script'], number>>;
  readonly best: number;
  readonly unfound: number;
  readonly lacksName: number;
  /** Weight of the logarithm of the number of chunks, at most `mostChunks`: among many chunks, one is near by chance. */
  readonly chunks: number;
  readonly mostChunks: number;
  /**
   * Minimum cosine of a hit in another script than the question. Such pairs can hardly be told apart, so a hit is weak only if it is
   * farther away than all hits that answered a question.
   */
  readonly leastCosineAcrossScripts: number;
}

/**
 * Rules by the id of the embedding model, because cosines of different models cannot be compared.
 *
 * source: docs/performance-retrieval.md, "Questions without an answer"
 */
const RULES: ReadonlyMap<string, EvidenceRule> = new Map([
  [
    'multilingual-e5-small',
    {
      bias: { spaced: -53.28, paired: -57.46 },
      best: 6.889,
      unfound: -2.292,
      lacksName: -3.842,
      chunks: -0.583,
      mostChunks: 600,
      leastCosineAcrossScripts: 0.725,
    },
  ],
]);

/** Whether the hits probably do not answer the question. Undefined for embedding models without a fitted rule. */
export function isWeakEvidence(evidence: AnswerEvidence, modelId: string): boolean | undefined {
  const rule = RULES.get(modelId);
  if (rule === undefined) return undefined;
  const { nearest, best, unfound, lacksName, chunks, script, isSameScript } = evidence;
  if (!isSameScript) return nearest < rule.leastCosineAcrossScripts;
  const score =
    rule.bias[script] +
    rule.best * best +
    rule.unfound * unfound +
    rule.lacksName * Number(lacksName) +
    rule.chunks * Math.log(Math.min(Math.max(chunks, 1), rule.mostChunks));
  return score < 0;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
