import type { JsonSchema, JsonValue } from '../../domain/json-schema.js';

type Resolve = (ref: string) => JsonSchema | undefined;

/**
 * Whether it is certain that no value fits both schemas: their types differ, their listed values differ, or those of a required property of
 * an object do. False if this is unknown.
 */
export function areDisjoint(a: JsonSchema, b: JsonSchema, resolve: Resolve, depth = 0): boolean {
  if (depth > 16) return false;
  const [left, right] = [dereferenced(a, resolve), dereferenced(b, resolve)];
  if (left === undefined || right === undefined) return false;
  const choices = left.anyOf ?? left.oneOf;
  if (choices !== undefined) return choices.every((one) => areDisjoint(one, right, resolve, depth + 1));
  if (right.anyOf !== undefined || right.oneOf !== undefined) return areDisjoint(right, left, resolve, depth + 1);
  const [valuesLeft, valuesRight] = [valuesOf(left), valuesOf(right)];
  if (valuesLeft !== undefined && valuesRight !== undefined) {
    return !valuesLeft.some((one) => valuesRight.includes(one));
  }
  const [typesLeft, typesRight] = [typesOf(left), typesOf(right)];
  if ([...typesLeft, ...typesRight].includes('any')) return false;
  if (!typesLeft.some((one) => typesRight.includes(one))) return true;
  if (String(typesLeft) !== 'object' || String(typesRight) !== 'object') return false;
  return (left.required ?? []).some((name) => {
    const [one, other] = [propertyOf(left, name), propertyOf(right, name)];
    const isInBoth = one !== undefined && other !== undefined && (right.required ?? []).includes(name);
    return isInBoth && areDisjoint(one, other, resolve, depth + 1);
  });
}

function dereferenced(schema: JsonSchema, resolve: Resolve): JsonSchema | undefined {
  let found: JsonSchema | undefined = schema;
  for (let steps = 0; found?.$ref !== undefined; steps++) {
    if (steps > 16) return undefined;
    found = resolve(found.$ref);
  }
  return typeof found === 'object' ? found : undefined;
}

function propertyOf({ properties = {} }: JsonSchema, name: string): JsonSchema | undefined {
  return Object.hasOwn(properties, name) ? properties[name] : undefined;
}

/** Undefined if the values are not listed, or if they include objects or lists, whose texts cannot be compared reliably. */
function valuesOf(schema: JsonSchema): string[] | undefined {
  const values: readonly JsonValue[] | undefined = schema.const === undefined ? schema.enum : [schema.const];
  if (values?.some((one) => typeof one === 'object' && one !== null)) return undefined;
  return values?.map((one) => JSON.stringify(one));
}

/** Treats whole numbers and numbers as one type. */
function typesOf(schema: JsonSchema): string[] {
  const values = schema.const === undefined ? schema.enum : [schema.const];
  const types = values?.map(typeOf) ?? (typeof schema.type === 'string' ? [schema.type] : (schema.type ?? ['any']));
  return types.map((type) => (type === 'integer' ? 'number' : type));
}

/** The type that a schema must name to allow this value; whole numbers are `integer`. */
export function typeOf(value: JsonValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}
