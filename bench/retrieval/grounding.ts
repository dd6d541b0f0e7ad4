import { MockActivityEnvironment } from '@temporalio/testing';
import { createRetrievalActivities } from '../../src/activities/knowledge/retrieval.js';
import { HITS_PER_SOURCE } from '../../src/domain/answer/answer-sources.js';
import type { SearchResult } from '../../src/domain/knowledge/retrieval.js';
import type { EmbeddingModel } from '../../src/inference/embedding-model.js';
import { benchRow } from '../bench-row.js';
import type { BenchRow } from '../bench-row.js';
import { readJudgedQuestions } from './evaluation-set.js';
import type { EvaluationSet, JudgedQuestion } from './evaluation-set.js';
import { openPassageStore } from './passages-in-store.js';

/** A question, and what the product's search says of it. */
export interface JudgedSearch extends JudgedQuestion {
  readonly found: SearchResult;
}

/** Errors that are allowed, in percent. */
const MOST_ERRORS = 5;

/** Searches for the questions that were held out as the product does before it answers, each in the passages of its language. */
export async function searchJudged(
  model: EmbeddingModel,
  { passages, questions }: EvaluationSet,
  vectors: readonly Float32Array[],
  { onNotice, signal }: { readonly onNotice: (line: string) => void; readonly signal: AbortSignal },
): Promise<JudgedSearch[]> {
  const opened = await openPassageStore(model, passages, vectors);
  try {
    const activities = createRetrievalActivities({
      store: opened.store,
      embeddingModel: () => Promise.resolve(model),
      reranker: () => Promise.resolve(undefined),
      web: { providers: [], pages: { read: () => Promise.reject(new Error('no page is read here')) } },
    });
    const judged: JudgedSearch[] = [];
    for (const each of (await readJudgedQuestions(questions)).filter(({ isHeldOut }) => isHeldOut)) {
      if (signal.aborted) return [];
      if (judged.length % 100 === 0) onNotice(`grounding: ${judged.length} questions asked`);
      const { question, set } = each;
      const knowledgeBases = [set === 'en' ? 'en' : 'zh'];
      const request = { query: question, knowledgeBases, limit: HITS_PER_SOURCE, questions: [question] };
      const search = (): Promise<SearchResult> => activities.searchKnowledge(request);
      judged.push({ ...each, found: await new MockActivityEnvironment().run(search) });
    }
    return judged;
  } finally {
    await opened.dispose();
  }
}

/** How well retrieval alone tells questions that the passages answer from those that they do not. */
export function groundingRows(judged: readonly JudgedSearch[]): BenchRow[] {
  return (['en', 'zh'] as const).flatMap((set) => {
    const ofSet = judged.filter((each) => each.set === set);
    const answered = ofSet.filter(({ kind }) => kind === 'answered');
    const others = ofSet.filter(({ kind }) => kind !== 'answered');
    const language = set === 'en' ? 'English' : 'Chinese';
    return [
      shareRow(`${language}, by retrieval alone: falsely refused of ${answered.length}`, answered, isRefused),
      shareRow(`${language}, by retrieval alone: falsely grounded of ${others.length}`, others, isUsed),
      ...KINDS.flatMap(([kind, where]) => {
        const ofKind = others.filter((each) => each.kind === kind);
        if (ofKind.length === 0) return [];
        return [readRow(`${language}, falsely grounded of ${ofKind.length} ${where}`, ofKind, isUsed)];
      }),
      ...(set === 'zh' ? [crossRow(judged.filter((each) => each.set === 'cross'))] : []),
    ];
  });
}

const KINDS = [
  ['same product', 'on what the passages tell of, in parts that they leave out'],
  ['near', 'on a subject like the passages’'],
  ['elsewhere', 'on another subject'],
] as const;

const isRefused = ({ found }: JudgedSearch): boolean => found.isWeak === true;
const isUsed = (each: JudgedSearch): boolean => !isRefused(each);

function crossRow(cross: readonly JudgedSearch[]): BenchRow {
  return readRow(`English on Chinese passages, falsely refused of ${cross.length}`, cross, isRefused);
}

/** What part it holds for, in percent, of which few are allowed. */
export function shareRow<Item>(what: string, all: readonly Item[], holds: (item: Item) => boolean): BenchRow {
  const value = percent(all, holds);
  return benchRow({ id: '17.3', what, value, unit: '%' }, { of: 'value', atMost: MOST_ERRORS });
}

/** The same to be read only. */
export function readRow<Item>(what: string, all: readonly Item[], holds: (item: Item) => boolean): BenchRow {
  return benchRow({ id: '-', what, value: percent(all, holds), unit: '%' });
}

function percent<Item>(all: readonly Item[], holds: (item: Item) => boolean): number {
  return (100 * all.filter(holds).length) / Math.max(all.length, 1);
}
