import type { EmbeddingModel } from '../../src/inference/embedding-model.js';
import { SEARCH_TERMS } from '../../src/workers/open-retrieval.js';
import { benchRow } from '../bench-row.js';
import type { BenchRow } from '../bench-row.js';
import { errorRates, evidenceOf, fitEvidenceRule } from './evidence.js';
import type { EvidenceRule, Judged } from './evidence.js';
import { indexedText, readQuestionsElsewhere } from './evaluation-set.js';
import type { EvaluationSet, Passage, QuestionSet } from './evaluation-set.js';

/** Why a question has or lacks an answer. */
type Kind = 'answered' | 'held out' | 'near' | 'elsewhere';

interface Case extends Judged {
  readonly set: QuestionSet;
  readonly kind: Kind;
  /** A rule is fitted on the one half of each set and measured on the other. */
  readonly isMeasured: boolean;
}

/** Errors that are allowed, in percent. */
const MOST_ERRORS = 5;

/**
 * How well retrieval alone tells questions that the passages answer from those that they do not. Each question is asked twice: of passages
 * without one half of the documents, and of passages without the other, so that it has an answer once; questions on other subjects are
 * asked of both.
 */
export async function groundingRows(
  model: EmbeddingModel,
  { passages, questions }: EvaluationSet,
  vectors: readonly Float32Array[],
  { onNotice, signal }: { readonly onNotice: (line: string) => void; readonly signal: AbortSignal },
): Promise<BenchRow[]> {
  const bases = halves(passages, vectors);
  const elsewhere = await readQuestionsElsewhere();
  const cases: Case[] = [];
  const counts = new Map<QuestionSet, number>();
  for (const { id, set, question, ...rest } of [...questions, ...elsewhere]) {
    if (signal.aborted) return [];
    if (cases.length % 100 === 0) onNotice(`grounding: ${cases.length} questions asked`);
    const count = (counts.get(set) ?? 0) + 1;
    counts.set(set, count);
    const [vector] = await model.embed([question], { purpose: 'query', signal });
    if (vector === undefined) throw new Error(`question ${id} has no vector`);
    const asked = { vector, terms: SEARCH_TERMS.queryTerms(question) };
    const relevant = 'relevant' in rest ? rest.relevant : [];
    for (const { ids, vectors: kept, terms } of bases) {
      const found = relevant.filter((each) => ids.has(each)).length;
      // Half of an answer is none of either kind.
      if (found > 0 && found < relevant.length) continue;
      const isAnswered = found > 0;
      const other: Kind = 'near' in rest ? (rest.near ? 'near' : 'elsewhere') : 'held out';
      const kind = isAnswered ? 'answered' : other;
      cases.push({ ...evidenceOf(asked, kept, terms), isAnswered, set, kind, isMeasured: count % 2 === 1 });
    }
  }
  return (['en', 'zh'] as const).flatMap((set) => rowsOf(cases, set));
}

function rowsOf(cases: readonly Case[], set: 'en' | 'zh'): BenchRow[] {
  const ofSet = cases.filter((each) => each.set === set);
  const rule = fitEvidenceRule(ofSet.filter(({ isMeasured }) => !isMeasured));
  const measured = ofSet.filter(({ isMeasured }) => isMeasured);
  const { refused, grounded } = errorRates(measured, rule);
  const language = set === 'en' ? 'English' : 'Chinese';
  const whole = (what: string, share: number): BenchRow =>
    benchRow(
      { id: 'grounding', what: `${language} questions, by retrieval alone: ${what}`, value: 100 * share, unit: '%' },
      { of: 'value', atMost: MOST_ERRORS },
    );
  const part = (kind: Kind): BenchRow => {
    const ofKind = measured.filter((each) => each.kind === kind);
    const what = `${language}, falsely grounded of ${ofKind.length} whose answer is ${NAMES[kind]}`;
    return benchRow({ id: '-', what, value: 100 * errorRates(ofKind, rule).grounded, unit: '%' });
  };
  return [
    whole('falsely refused', refused),
    whole('falsely grounded', grounded),
    part('held out'),
    part('near'),
    part('elsewhere'),
    ...(set === 'zh' ? [crossRow(cases, rule)] : []),
  ];
}

const NAMES: Readonly<Record<Kind, string>> = {
  answered: 'there',
  'held out': 'in a document that was taken out',
  near: 'nowhere, on a subject like the passages’',
  elsewhere: 'nowhere, on another subject',
};

/** No rule is fitted on these: what one fitted on Chinese questions does to English ones that Chinese passages answer. */
function crossRow(cases: readonly Case[], rule: EvidenceRule): BenchRow {
  const cross = cases.filter(({ set, isAnswered }) => set === 'cross' && isAnswered);
  const what = `English questions on Chinese passages, falsely refused of ${cross.length} by the rule for Chinese ones`;
  return benchRow({ id: '-', what, value: 100 * errorRates(cross, rule).refused, unit: '%' });
}

interface Half {
  readonly ids: ReadonlySet<string>;
  readonly vectors: readonly Float32Array[];
  readonly terms: readonly ReadonlySet<string>[];
}

/** The passages without every second document, and without the others. */
function halves(passages: readonly Passage[], vectors: readonly Float32Array[]): readonly Half[] {
  const documents = new Map([...new Set(passages.map(({ source }) => source))].map((source, index) => [source, index]));
  const all = passages.map((passage, index) => ({
    passage,
    vector: vectors[index] ?? new Float32Array(),
    terms: new Set(SEARCH_TERMS.documentTerms(indexedText(passage))),
  }));
  return [0, 1].map((half) => {
    const kept = all.filter(({ passage }) => (documents.get(passage.source) ?? 0) % 2 === half);
    return {
      ids: new Set(kept.map(({ passage }) => passage.id)),
      vectors: kept.map(({ vector }) => vector),
      terms: kept.map(({ terms }) => terms),
    };
  });
}
