import type { EmbeddingModel } from '../../src/inference/embedding-model.js';
import { languageOf, type Passage } from './evaluation-set.js';
import type { PassageSearch } from './passage-search.js';

/** Compares the query with every passage: what an index can reach at best. `vectors` are those of the passages, in their order. */
export function searchVectorsInMemory(
  model: EmbeddingModel,
  passages: readonly Passage[],
  vectors: readonly Float32Array[],
  signal: AbortSignal,
): PassageSearch {
  return {
    name: 'every passage compared',
    stages: ['vector'],
    async search(query, { limit, knowledgeBases }) {
      const [asked] = await model.embed([query], { purpose: 'query', signal });
      if (asked === undefined) throw new Error('no vector was given for the query');
      return passages
        .flatMap((passage, index) =>
          knowledgeBases.includes(languageOf(passage)) ? { id: passage.id, score: dot(asked, vectors[index]) } : [],
        )
        .toSorted((a, b) => b.score - a.score)
        .slice(0, limit)
        .map(({ id }) => id);
    },
    dispose: async () => undefined,
  };
}

function dot(a: Float32Array, b: Float32Array | undefined): number {
  if (b === undefined) throw new Error('a passage has no vector');
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}
