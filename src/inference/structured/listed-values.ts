import type { JsonSchema, JsonType, JsonValue } from '../../domain/json-schema.js';
import { typeOf } from './disjoint-schemas.js';
import { refuseKeywords, schemaRefusal as refusal } from './schema-refusal.js';

/** GBNF of the values that a schema lists, restricted to those of its type. @throws {ModelError} when there are none */
export function listedValues(schema: JsonSchema, path: string): string {
  const keyword = schema.const === undefined ? 'enum' : 'const';
  refuseKeywords(schema, path, ['type', keyword]);
  const values: readonly JsonValue[] = schema.const === undefined ? (schema.enum ?? []) : [schema.const];
  const types = typeof schema.type === 'string' ? [schema.type] : schema.type;
  const fitting = values.filter((value) => types?.some((type) => isOfType(value, type)) ?? true);
  if (values.length === 0) throw refusal(path, 'its enum is empty, so that no value fits');
  if (fitting.length === 0) throw refusal(path, `no value of its ${keyword} is of its type`);
  return group(fitting.map((value) => literal(value)));
}

function isOfType(value: JsonValue, type: JsonType): boolean {
  const found = typeOf(value);
  return found === type || (found === 'integer' && type === 'number');
}

/** JSON of a value, as a literal of GBNF. */
export function literal(value: unknown): string {
  return `"${JSON.stringify(value)
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('"', String.raw`\"`)}"`;
}

/** Returns a single alternative unchanged, and several in brackets. */
export function group(alternatives: readonly string[]): string {
  return alternatives.length === 1 ? (alternatives[0] ?? '') : `(${alternatives.join(' | ')})`;
}
