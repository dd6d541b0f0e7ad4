import type { EmbeddingModel } from '../../src/inference/embedding-model.js';
import { openLlamaEmbeddingModel } from '../../src/inference/process/llama-embedding-model.js';
import { benchRow, median, type BenchRow } from '../bench-row.js';

/** Texts at the same time, and threads of each. */
const WAYS = [
  { contexts: 1, threads: 1 },
  { contexts: 1, threads: 2 },
  { contexts: 2, threads: 1 },
  { contexts: 4, threads: 1 },
] as const;
const TEXTS = 12;

/** How many passages a second are embedded, one text at a time or several, and how fast tokens are counted. */
export async function embeddingSpeedRows(
  model: EmbeddingModel,
  modelPath: string,
  texts: readonly string[],
  { quick, onNotice, signal }: { quick: boolean; onNotice: (line: string) => void; signal: AbortSignal },
): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  const counting = await openLlamaEmbeddingModel({ modelId: model.modelId, modelPath, gpu: false, countsNow: true });
  try {
    const perSecond = async (count: (text: string) => number | Promise<number>): Promise<number> => {
      const startedAt = performance.now();
      let tokens = 0;
      for (const text of texts) tokens += await count(text);
      return (tokens / (performance.now() - startedAt)) * 1000;
    };
    const baseline = await perSecond((text) => counting.countTokens(text));
    const value = await perSecond((text) => counting.countTokensNow?.(text) ?? 0);
    const what = 'counting tokens of passages in this process, against asking the engine’s';
    rows.push(benchRow({ id: '-', what, value, unit: 'token/s', baseline }));
  } finally {
    await counting.dispose();
  }
  const some = texts.filter((_, index) => index % Math.ceil(texts.length / TEXTS) === 0);
  const opened: { what: string; one: EmbeddingModel; measured: number[] }[] = [];
  try {
    for (const way of WAYS) {
      const what = `embedding passages, ${way.contexts} at a time on ${way.threads} thread${way.threads > 1 ? 's' : ''} each`;
      const one = await openLlamaEmbeddingModel({ modelId: model.modelId, modelPath, gpu: false, ...way });
      opened.push({ what, one, measured: [] });
      await one.embed(some.slice(0, 4), { purpose: 'passage', signal });
    }
    // Interleaved: what else the machine does then slows all alike.
    for (let i = 0; i < (quick ? 1 : 5) && !signal.aborted; i++) {
      onNotice(`embedding passages: run ${i + 1}`);
      for (const { one, measured } of opened) {
        const startedAt = performance.now();
        await one.embed(some, { purpose: 'passage', signal });
        measured.push((some.length / (performance.now() - startedAt)) * 1000);
      }
    }
    const baseline = median(opened[0]?.measured ?? []);
    for (const { what, measured } of opened) {
      rows.push(benchRow({ id: '-', what, value: median(measured), unit: 'text/s', baseline }));
    }
    return rows;
  } finally {
    for (const { one } of opened) await one.dispose();
  }
}
