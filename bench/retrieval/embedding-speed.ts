import type { EmbeddingModel } from '../../src/inference/embedding-model.js';
import { openLlamaEmbeddingModel } from '../../src/inference/llama-embedding-model.js';
import { benchRow, median, type BenchRow } from '../bench-row.js';

/** Texts at the same time, and threads of each. */
const WAYS = [
  { contexts: 1, threads: 1 },
  { contexts: 1, threads: 2 },
  { contexts: 2, threads: 1 },
  { contexts: 4, threads: 1 },
] as const;
const TEXTS = 32;

/** How many passages a second are embedded, one text at a time or several, and how fast tokens are counted. */
export async function embeddingSpeedRows(
  model: EmbeddingModel,
  modelPath: string,
  texts: readonly string[],
  { quick, onNotice, signal }: { quick: boolean; onNotice: (line: string) => void; signal: AbortSignal },
): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  const { countTokensNow } = model;
  if (countTokensNow !== undefined) {
    const startedAt = performance.now();
    const tokens = texts.reduce((sum, text) => sum + countTokensNow(text), 0);
    const perSecond = (tokens / (performance.now() - startedAt)) * 1000;
    rows.push(benchRow({ id: '-', what: 'counting tokens of passages', value: perSecond, unit: 'token/s' }));
  }
  const some = texts.filter((_, index) => index % Math.ceil(texts.length / TEXTS) === 0);
  let baseline: number | undefined;
  for (const way of WAYS) {
    if (signal.aborted) break;
    const what = `embedding passages, ${way.contexts} at a time on ${way.threads} thread${way.threads > 1 ? 's' : ''} each`;
    onNotice(what);
    const one = await openLlamaEmbeddingModel({ modelId: model.modelId, modelPath, gpu: false, ...way });
    try {
      await one.embed(some.slice(0, 4), { purpose: 'passage', signal });
      const measured: number[] = [];
      for (let i = 0; i < (quick ? 1 : 3); i++) {
        const startedAt = performance.now();
        await one.embed(some, { purpose: 'passage', signal });
        measured.push((some.length / (performance.now() - startedAt)) * 1000);
      }
      rows.push(benchRow({ id: '-', what, value: median(measured), unit: 'text/s', baseline }));
      baseline ??= median(measured);
    } finally {
      await one.dispose();
    }
  }
  return rows;
}
