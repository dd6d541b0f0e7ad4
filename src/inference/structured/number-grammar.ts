import type { JsonSchema } from '../../domain/json-schema.js';
import { integerRange } from './integer-range.js';
import { schemaRefusal as refusal } from './schema-refusal.js';

/** The largest integer with as many digits as a double keeps exactly. */
const LARGEST_INTEGER = 999_999_999_999_999;
const COUNTS = ['minLength', 'maxLength', 'minItems', 'maxItems'] as const;
const BOUNDS = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'] as const;

/** GBNF of whole numbers in a schema's range. @throws {ModelError} when there is none */
export function integerGrammar(schema: JsonSchema, path: string): string {
  const low = Math.max(schema.minimum ?? -LARGEST_INTEGER, (schema.exclusiveMinimum ?? -LARGEST_INTEGER - 1) + 1);
  const high = Math.min(schema.maximum ?? LARGEST_INTEGER, (schema.exclusiveMaximum ?? LARGEST_INTEGER + 1) - 1);
  const least = Math.max(-LARGEST_INTEGER, Math.ceil(low));
  const most = Math.min(LARGEST_INTEGER, Math.floor(high));
  if (least > most) throw refusal(path, `no whole number lies between ${low} and ${high}`);
  return integerRange(least, most);
}

/** GBNF of numbers in a schema's range. @throws {ModelError} for ranges that a grammar cannot express */
export function numberGrammar({ minimum, maximum }: JsonSchema, path: string): string {
  const fraction = '("." [0-9]{1,15})?';
  if (minimum === undefined && maximum === undefined) {
    return `"-"? ("0" | [1-9] [0-9]{0,14}) ${fraction} ([eE] [-+]? [0-9]{1,2})?`;
  }
  if (minimum === undefined || minimum < 0 || !Number.isInteger(minimum) || !Number.isInteger(maximum ?? 0)) {
    throw refusal(path, 'ranges of fractions must go from a whole number that is not negative to another, or to none');
  }
  if (minimum > LARGEST_INTEGER) throw refusal(path, `numbers from ${minimum} on have too many digits`);
  if (maximum === undefined || maximum > LARGEST_INTEGER) {
    return `(${integerRange(minimum, LARGEST_INTEGER)}) ${fraction}`;
  }
  if (maximum < minimum) throw refusal(path, `no number lies between ${minimum} and ${maximum}`);
  const last = `"${maximum}" ("." "0"{1,15})?`;
  return maximum === minimum ? last : `(${integerRange(minimum, maximum - 1)}) ${fraction} | ${last}`;
}

/** Refuses limits that are not numbers, and counts that are not whole numbers from 0. @throws {ModelError} */
export function refuseNumbers(schema: JsonSchema, path: string): void {
  for (const keyword of COUNTS) {
    const count = schema[keyword];
    if (count === undefined || (Number.isInteger(count) && count >= 0)) continue;
    throw refusal(path, `"${keyword}" is ${JSON.stringify(count)}, which is not a count`);
  }
  for (const keyword of BOUNDS) {
    const bound = schema[keyword];
    if (bound !== undefined && !Number.isFinite(bound)) {
      throw refusal(path, `"${keyword}" is ${JSON.stringify(bound)}, which is not a number`);
    }
  }
}
