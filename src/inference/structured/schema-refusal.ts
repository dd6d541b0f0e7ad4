import type { JsonSchema } from '../../domain/json-schema.js';
import { ModelError } from '../model-error.js';

/** Keywords that do not restrict the allowed values. */
export const ANNOTATIONS: ReadonlySet<string> = new Set([
  '$schema',
  '$id',
  'id',
  'title',
  'description',
  'default',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
  '$comment',
  '$defs',
]);

/**
 * The reason and the place of a schema's refusal.
 *
 * @param path a JSON pointer as a fragment, e.g. `#/properties/name`
 */
export function schemaRefusal(path: string, reason: string): ModelError {
  return new ModelError('Model.Unsupported', `The schema cannot be made a grammar: at ${path}, ${reason}.`, {
    details: { path, reason },
  });
}

/** A name as one step of a JSON pointer. source: RFC 6901, section 3 */
export function pointerStep(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** @throws {ModelError} naming the keywords that are not supported there */
export function refuseKeywords(schema: JsonSchema, path: string, allowed: readonly string[]): void {
  const known = new Set([...allowed, ...ANNOTATIONS]);
  const foreign = Object.keys(schema).filter((keyword) => !known.has(keyword));
  if (foreign.length > 0) throw schemaRefusal(path, `"${foreign.join('", "')}" cannot be obeyed there`);
}
