import type { EmbeddingModel } from './embedding-model.js';

/** A cache of the vectors of recent queries: one question is searched in several knowledge bases at once, and again by a retry. */
export interface QueryVectors {
  /**
   * Makes each query's vector once, however many callers wait for it.
   *
   * @throws as `EmbeddingModel.embed`, whose failures are not kept; the signal's reason when it aborts, which does not affect other callers
   *   that wait for the same query
   */
  embed(model: EmbeddingModel, query: string, signal: AbortSignal): Promise<Float32Array>;
}

/** With 384 dimensions, these vectors take 0.4 MB. */
const KEPT = 256;

/** @param kept number of vectors to keep, those requested last. Default: 256 */
export function createQueryVectors(kept = KEPT): QueryVectors {
  const byModel = new WeakMap<EmbeddingModel, Map<string, Promise<Float32Array>>>();
  return {
    embed(model, query, signal) {
      const vectors = byModel.get(model) ?? new Map<string, Promise<Float32Array>>();
      byModel.set(model, vectors);
      const making = vectors.get(query) ?? embed(model, query);
      // Keeps the most recently requested vector at the end of the map.
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
  // Other callers may wait for the same vector, so no caller's signal ends the work; a query takes milliseconds.
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
