import { createHash } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { EmbeddingModel } from '../../src/inference/embedding-model.js';
import { embeddingText } from '../../src/inference/embedding-text.js';

const HASH_BYTES = 32;
const BATCH_TEXTS = 32;

/**
 * Vectors of passages, from a file where they are there already, else made and added to it: after an interruption or a change of some
 * texts only the rest is made.
 *
 * The file is records of one text each: SHA-256 of model and text, then the vector as little-endian 32-bit floats.
 */
export async function embedWithCache(
  model: EmbeddingModel,
  texts: readonly string[],
  { path, signal, onProgress }: { path: string; signal: AbortSignal; onProgress: (made: number, of: number) => void },
): Promise<Float32Array[]> {
  const recordBytes = HASH_BYTES + 4 * model.dimensions;
  const known = new Map<string, Float32Array>();
  const bytes = await readFile(path).catch(() => Buffer.alloc(0));
  // An interrupted write leaves a part of a record, which the next one replaces.
  const records = Math.floor(bytes.length / recordBytes);
  for (let i = 0; i < records; i++) {
    const record = bytes.subarray(i * recordBytes, (i + 1) * recordBytes);
    known.set(record.toString('hex', 0, HASH_BYTES), floats(record.subarray(HASH_BYTES)));
  }
  const keys = texts.map((text) => keyOf(model.modelId, text));
  const missing = texts.filter((_, index) => !known.has(keys[index] ?? ''));
  if (missing.length > 0) {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(path, records === 0 ? 'w' : 'r+');
    try {
      let at = records * recordBytes;
      for (let i = 0; i < missing.length; i += BATCH_TEXTS) {
        onProgress(i, missing.length);
        const batch = missing.slice(i, i + BATCH_TEXTS);
        const vectors = await model.embed(batch, { purpose: 'passage', signal });
        for (const [index, vector] of vectors.entries()) {
          const key = keyOf(model.modelId, batch[index] ?? '');
          known.set(key, vector);
          const record = Buffer.concat([Buffer.from(key, 'hex'), toBytes(vector)]);
          await file.write(record, 0, record.length, at);
          at += record.length;
        }
      }
    } finally {
      await file.close();
    }
  }
  return keys.map((key) => {
    const vector = known.get(key);
    if (vector === undefined) throw new Error('a text has no vector');
    return vector;
  });
}

function keyOf(modelId: string, text: string): string {
  return createHash('sha256')
    .update(`${modelId}\0${embeddingText(modelId, 'passage', text)}`)
    .digest('hex');
}

function floats(bytes: Buffer): Float32Array {
  return Float32Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4));
}

function toBytes(vector: Float32Array): Buffer {
  const bytes = Buffer.alloc(vector.length * 4);
  vector.forEach((value, index) => bytes.writeFloatLE(value, index * 4));
  return bytes;
}
