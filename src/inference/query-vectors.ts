import type { EmbeddingModel } from './embedding-model.js';

/** Vectors of queries that were asked of late: a question is searched for in several knowledge bases at once, and again by a retry. */
export interface QueryVectors {
  /**
   * One of each query is made, however many wait for it.
   *
   * @throws as `EmbeddingModel.embed`, whose failures are not kept; the signal's reason when it aborts, which the others who wait do not notice
   */
  embed(model: EmbeddingModel, query: string, signal: AbortSignal): Promise<Float32Array>;
}

/** Of 384 dimensions they take 0.4 MB. */
const KEPT = 256;

/** @param kept how many, those asked for last. Default: 256 */
export function createQueryVectors(kept = KEPT): QueryVectors {
  const byModel = new WeakMap<EmbeddingModel, Map<string, Promise<Float32Array>>>();
  return {
    embed(model, query, signal) {
      const vectors = byModel.get(model) ?? new Map<string, Promise<Float32Array>>();
      byModel.set(model, vectors);
      const making = vectors.get(query) ?? embed(model, query);
      // The end of the map is what was asked for last.
      vectors.delete(query);
      vectors.set(query, making);
      for (const oldest of vectors.keys()) {
        if (vectors.size <= kept) break;
        vectors.delete(oldest);
      }
      making.catch(() => {
        if (vectors.get(query) === making) vectors.delete(query);
      });
      return orAborted(making, signal);
    },
  };
}

async function embed(model: EmbeddingModel, query: string): Promise<Float32Array> {
  // Others may come to wait for it: nobody's signal ends it, and a query is milliseconds.
  const { signal } = new AbortController();
  const [vector] = await model.embed([query], { purpose: 'query', signal });
  if (vector === undefined) throw new TypeError(`Model "${model.modelId}" gave no vector for one text`);
  return vector;
}

function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason)));
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
