import { decodingSchema } from '../../domain/decoding.js';
import type { Decoding } from '../../domain/decoding.js';
import { faultsOf } from '../../domain/schema.js';
import { ModelError } from '../../inference/model-error.js';

/**
 * Checks that an engine may be given this decoding, because a session of an older version can hold any.
 *
 * @throws {ModelError} `Model.InvalidRequest`, which names every fault
 */
export function checkedDecoding(decoding: Decoding | undefined): Decoding | undefined {
  const faults = decoding === undefined ? [] : faultsOf(decodingSchema, decoding, 'decoding');
  if (faults.length > 0) throw new ModelError('Model.InvalidRequest', faults.join(' '));
  return decoding;
}
