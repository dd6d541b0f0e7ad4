import type { SearchStage } from '../../src/domain/knowledge/retrieval.js';
import { benchRow, type BenchRow } from '../bench-row.js';
import type { Language, Question, QuestionSet } from './evaluation-set.js';
import type { PassageSearch } from './passage-search.js';
import { mean, ndcgAt, percentile, recallAt } from './rank-metrics.js';

const MODES: readonly { readonly name: string; readonly stages: readonly SearchStage[] }[] = [
  { name: 'BM25', stages: ['lexical'] },
  { name: 'vectors', stages: ['vector'] },
  { name: 'hybrid', stages: ['lexical', 'vector'] },
  { name: 'hybrid, reranked', stages: ['lexical', 'vector', 'rerank'] },
];

interface Group {
  readonly set: QuestionSet;
  readonly title: string;
  readonly knowledgeBases: readonly Language[];
  /** Least recall@10 of vectors, in percent. */
  readonly vectorsFind?: number;
}

/** Cross-lingual questions are hardest where passages in their own language compete, though none of these answers. */
const GROUPS: readonly Group[] = [
  { set: 'en', title: 'English questions', knowledgeBases: ['en', 'zh'] },
  { set: 'zh', title: 'Chinese questions', knowledgeBases: ['en', 'zh'] },
  { set: 'cross', title: 'English questions to Chinese passages', knowledgeBases: ['zh'], vectorsFind: 80 },
  { set: 'cross', title: 'English questions to Chinese passages among English ones', knowledgeBases: ['en', 'zh'] },
];

const LIMIT = 10;

interface Quality {
  readonly recallAt3: number;
  readonly recallAt10: number;
  readonly ndcgAt10: number;
}

/** Recall, nDCG and latency of each way to search that there is, in each set of questions. */
export async function qualityRows(
  searching: PassageSearch,
  questions: readonly Question[],
  { onNotice, signal }: { onNotice: (line: string) => void; signal: AbortSignal },
): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  const modes = MODES.filter(({ stages }) => stages.every((stage) => searching.stages.includes(stage)));
  const latencies = new Map(modes.map(({ name }) => [name, [] as number[]]));
  for (const group of GROUPS) {
    const { set, title, knowledgeBases } = group;
    const asked = questions.filter((question) => question.set === set);
    const measured = new Map<string, Quality>();
    for (const { name, stages } of modes) {
      if (signal.aborted) return rows;
      onNotice(`${title}: ${name}, ${searching.name}`);
      const each: Quality[] = [];
      for (const { question, relevant } of asked) {
        const startedAt = performance.now();
        const found = await searching.search(question, { stages, limit: LIMIT, knowledgeBases });
        latencies.get(name)?.push(performance.now() - startedAt);
        each.push(qualityOf(found, new Set(relevant)));
      }
      measured.set(name, averaged(each));
    }
    for (const { name } of modes) rows.push(...rowsOf(group, name, measured));
  }
  for (const [name, values] of latencies) {
    for (const share of [0.5, 0.95]) {
      const what = `${name}: ${share === 0.5 ? 'median' : '95th percentile'} of a search, its query's embedding included`;
      rows.push(benchRow({ id: 'quality', what, value: percentile(share, values), unit: 'ms' }));
    }
  }
  return rows;
}

function qualityOf(found: readonly string[], relevant: ReadonlySet<string>): Quality {
  return {
    recallAt3: recallAt(3, found, relevant),
    recallAt10: recallAt(10, found, relevant),
    ndcgAt10: ndcgAt(10, found, relevant),
  };
}

function averaged(each: readonly Quality[]): Quality {
  return {
    recallAt3: mean(each.map((one) => one.recallAt3)),
    recallAt10: mean(each.map((one) => one.recallAt10)),
    ndcgAt10: mean(each.map((one) => one.ndcgAt10)),
  };
}

/** Hybrid search is compared with the better of what it is made of; other ways stand for themselves. */
function rowsOf(group: Group, name: string, measured: ReadonlyMap<string, Quality>): BenchRow[] {
  const { set, title, vectorsFind } = group;
  const row = (metric: string, field: keyof Quality): BenchRow => {
    const percent = (mode: string): number => 100 * (measured.get(mode)?.[field] ?? 0);
    const common = { id: 'quality', what: `${metric}, ${title}, ${name}`, value: percent(name), unit: '%' };
    if (name === 'vectors' && field === 'recallAt10' && vectorsFind !== undefined) {
      return benchRow(common, { of: 'value', atLeast: vectorsFind });
    }
    if (name !== 'hybrid') return benchRow(common);
    const baseline = Math.max(percent('BM25'), percent('vectors'));
    return benchRow({ ...common, baseline }, set === 'cross' ? undefined : { of: 'ratio', atLeast: 1 });
  };
  return [row('recall@3', 'recallAt3'), row('recall@10', 'recallAt10'), row('nDCG@10', 'ndcgAt10')];
}
