import { setTimeout as sleep } from 'node:timers/promises';
import { queryTerms } from '../../src/domain/words/search-terms.js';
import type { EmbeddingModel } from '../../src/inference/embedding-model.js';

export interface ScriptedEmbedding extends EmbeddingModel {
  /** How many texts were embedded, queries included. */
  readonly embedded: number;
}

const DIMENSIONS = 64;

/** For the logic of workflows: texts with words in common are near each other. A token is a character. @param msPerText time that each takes */
export function createScriptedEmbedding(modelId: string, { msPerText = 0 } = {}): ScriptedEmbedding {
  let embedded = 0;
  return {
    modelId,
    dimensions: DIMENSIONS,
    maxTokens: 2_000,
    get embedded() {
      return embedded;
    },
    countTokens: (text) => Promise.resolve(text.length),
    async embed(texts, { signal }) {
      if (msPerText > 0) await sleep(msPerText * texts.length, undefined, { signal });
      embedded += texts.length;
      return texts.map(vectorOf);
    },
    dispose: () => Promise.resolve(),
  };
}

function vectorOf(text: string): Float32Array {
  const vector = new Float32Array(DIMENSIONS).fill(0.01);
  for (const term of queryTerms(text)) {
    let hash = 0;
    for (const character of term) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 65_521;
    const place = hash % DIMENSIONS;
    vector[place] = (vector[place] ?? 0) + 1;
  }
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}
