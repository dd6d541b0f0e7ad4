import type { KnowledgeBaseRow } from './open-knowledge.js';
import { RetrievalError } from './retrieval-error.js';

/**
 * Normalises a vector to unit length and writes it as a PostgreSQL literal.
 *
 * @param what owner of the embedding, for messages
 * @throws {RetrievalError} `Retrieval.ModelMismatch` for other dimensions, `InvalidRequest` for a vector without a direction
 */
export function toVectorLiteral(
  embedding: ArrayLike<number>,
  { name, dimensions, embeddingModelId }: KnowledgeBaseRow,
  what: string,
): string {
  if (embedding.length !== dimensions) {
    throw new RetrievalError(
      'Retrieval.ModelMismatch',
      `The embedding of ${what} has ${embedding.length} dimensions; knowledge base "${name}" was made for ${dimensions} ("${embeddingModelId}").`,
    );
  }
  const values = Array.from(embedding);
  const length = Math.hypot(...values);
  if (!Number.isFinite(length) || length < 1e-12) {
    throw new RetrievalError('InvalidRequest', `The embedding of ${what} is not a vector of numbers with a direction.`);
  }
  // With unit length, the inner product is the cosine and takes a third of the work. 32-bit floats have 6 to 7 digits.
  return `[${values.map((value) => String(Number((value / length).toPrecision(7)))).join()}]`;
}
