import { queryTerms } from '../words/search-terms.js';
import { termsOf } from '../words/shared-words.js';
import type { SearchHit } from './retrieval.js';

/** What a search tells of its knowledge bases, beside the hits. */
export interface SearchStatistics {
  /** That were searched. */
  readonly chunks: number;
  /** In so many chunks each term of the query is; terms that are in none are missing. */
  readonly holding: ReadonlyMap<string, number>;
}

/** Of several knowledge bases that were searched together. */
export function sumStatistics(all: readonly SearchStatistics[]): SearchStatistics {
  const holding = new Map<string, number>();
  for (const each of all) {
    for (const [term, chunks] of each.holding) holding.set(term, (holding.get(term) ?? 0) + chunks);
  }
  return { chunks: sum(all.map(({ chunks }) => chunks)), holding };
}

/** What hits say of whether they answer a question. */
export interface AnswerEvidence {
  /** Cosine of the nearest hit. */
  readonly nearest: number;
  /** `COSINE_WEIGHT` times its cosine and the share of the question's words that it holds: of the hit where that sum is highest. */
  readonly best: number;
  /** The share of the question's words that no hit holds. */
  readonly unfound: number;
  /** Whether the question has a name that no hit holds. */
  readonly lacksName: boolean;
  /** That were searched. */
  readonly chunks: number;
  /** How the question is written; `paired`: without spaces between words, as Chinese is. */
  readonly script: 'spaced' | 'paired';
  /** Whether the nearest hit is written so too: else they share no words, whatever it says. */
  readonly isSameScript: boolean;
}

/** Hits that a question is judged by. */
export const JUDGED_HITS = 10;
const COSINE_WEIGHT = 10;
/** Words of a question that can be judged by how many of them are found; of a longer one, such as a pasted text, most are not. */
const FEWEST_WORDS = 2;
const MOST_WORDS = 60;
/** What is taken to be known of words before any chunk is seen: in a knowledge base of one chunk, a word that is not in it is not rare. */
const PRIOR_CHUNKS = 100;
const PRIOR_HOLDING = 2;

/**
 * Words weigh the more, the fewer chunks hold them, and are compared by their stems; those that say nothing of a subject do not count.
 *
 * @param hits of a search for the question, at most `JUDGED_HITS`
 * @returns undefined where the question has too few words or too many, or no hit has a cosine
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
  const { isPaired } = termsOf(question);
  return {
    nearest: nearest.cosine,
    best: Math.max(
      ...near.map(({ cosine, content }) => COSINE_WEIGHT * cosine + shareOf((stems) => holds(content, stems))),
    ),
    unfound: shareOf((stems) => !isHeld(stems)),
    lacksName: namesOf(question).some((stems) => !isHeld(stems)),
    chunks,
    script: isPaired ? 'paired' : 'spaced',
    isSameScript: nearest.isPaired === isPaired,
  };
}

function holds(content: ReadonlySet<string>, stems: readonly string[]): boolean {
  return stems.every((stem) => content.has(stem));
}

interface Word {
  /** All that a text must have to hold it. */
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
 * The stems of words that look like names: with a digit, an underscore or a capital within, and in English, which gives other words none,
 * with a capital: `React`, `LINQ`, `simple_tag`. A question about something that no hit names is hardly answered by any.
 */
function namesOf(question: string): readonly (readonly string[])[] {
  const { isEnglish } = termsOf(question);
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

/** A rule that was fitted on questions with and without an answer: a sum, weak below 0. */
interface EvidenceRule {
  readonly bias: Readonly<Record<AnswerEvidence['script'], number>>;
  readonly best: number;
  readonly unfound: number;
  readonly lacksName: number;
  /** Of the logarithm of the chunks, `mostChunks` at most: among many, one is near by chance. */
  readonly chunks: number;
  readonly mostChunks: number;
  /** Of a hit in another script than the question: such pairs can hardly be told apart, and only what is farther than all that answered is weak. */
  readonly leastCosineAcrossScripts: number;
}

/**
 * By the id of the embedding model, since cosines of different models cannot be compared.
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

/** Whether the hits probably do not answer the question. Undefined for embedding models for which no rule has been fitted. */
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
