import { MAX_FAULTS, bounded } from './schema.js';
import type { Schema } from './schema.js';
import { faultOfCharacters, isRecord, join, named, not } from './schema-faults.js';

/** Deeper JSON is refused, because Colloquy does not need it and each level costs stack. */
const MAX_DEPTH = 32;

/** Any JSON of at most `maxBytes`. */
export function json<T>({ maxBytes }: { readonly maxBytes: number }): Schema<T> {
  return bounded({ check: (value, path, faults) => checkJson(value, path, faults, 0) }, maxBytes);
}

function checkJson(value: unknown, path: string, faults: string[], depth: number): void {
  if (faults.length >= MAX_FAULTS) return;
  if (depth > MAX_DEPTH) {
    faults.push(`${named(path)} is nested more than ${MAX_DEPTH} levels deep.`);
    return;
  }
  if (typeof value === 'string') {
    const fault = faultOfCharacters(value);
    if (fault !== undefined) faults.push(`${named(path)} ${fault}`);
  } else if (Array.isArray(value)) {
    for (const [index, each] of value.entries()) checkJson(each, `${path}[${index}]`, faults, depth + 1);
  } else if (isRecord(value)) {
    for (const [key, each] of Object.entries(value)) {
      const fault = faultOfCharacters(key);
      if (fault !== undefined) faults.push(`A key of ${named(path)} ${fault}`);
      checkJson(each, join(path, key), faults, depth + 1);
    }
  } else if (value !== null && typeof value !== 'boolean' && !(typeof value === 'number' && Number.isFinite(value))) {
    faults.push(`${named(path)} must be JSON${not(value)}.`);
  }
}
