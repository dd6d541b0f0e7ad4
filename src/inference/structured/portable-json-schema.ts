import { ModelError } from '../model-error.js';
import type { JsonSchema } from '../../domain/json-schema.js';
import { pointerStep } from './schema-refusal.js';
import { jsonSchemaGrammar } from './json-schema-grammar.js';

/**
 * Returns the schema if the grammars of servers can express all of it. Our own grammar supports more: servers ignore ranges of fractions
 * and formats (or accept 30 February as a date), so that the answer might not parse.
 *
 * source: https://github.com/ggml-org/llama.cpp/blob/b5000/common/json-schema-to-grammar.cpp, which Ollama uses too
 *
 * @throws {ModelError} `Model.Unsupported`, naming the place and the reason
 */
export function portableJsonSchema(schema: JsonSchema): JsonSchema {
  jsonSchemaGrammar(schema);
  refuseUnportable(schema, '#');
  return schema;
}

function refuseUnportable(schema: JsonSchema, path: string): void {
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? []);
  if (types.includes('string') && (schema.format ?? schema.pattern) !== undefined) {
    const what = schema.format === undefined ? 'patterns' : `the format "${schema.format}"`;
    throw refusal(path, `servers do not obey ${what} to the letter`);
  }
  if (schema.propertyNames !== undefined && !isAnyName(schema.propertyNames)) {
    throw refusal(`${path}/propertyNames`, 'servers do not obey rules for names');
  }
  const isFraction = types.includes('number');
  if (isFraction && (schema.minimum !== undefined || schema.maximum !== undefined)) {
    throw refusal(path, 'servers do not obey ranges of fractions: use whole numbers');
  }
  const inner: [string, JsonSchema | boolean | undefined][] = [
    ['items', schema.items],
    ['additionalProperties', schema.additionalProperties],
    ...Object.entries(schema.properties ?? {}).map(([name, one]): [string, JsonSchema] => [
      `properties/${pointerStep(name)}`,
      one,
    ]),
    ...Object.entries(schema.$defs ?? {}).map(([name, one]): [string, JsonSchema] => [
      `$defs/${pointerStep(name)}`,
      one,
    ]),
    ...listed('prefixItems', schema.prefixItems),
    ...listed('anyOf', schema.anyOf),
    ...listed('oneOf', schema.oneOf),
  ];
  for (const [name, one] of inner) if (typeof one === 'object') refuseUnportable(one, `${path}/${name}`);
}

function isAnyName(names: JsonSchema | boolean): boolean {
  return names === true || (typeof names === 'object' && Object.keys(names).every((keyword) => keyword === 'type'));
}

function listed(keyword: string, schemas: readonly JsonSchema[] = []): [string, JsonSchema][] {
  return schemas.map((one, index) => [`${keyword}/${index}`, one]);
}

function refusal(path: string, reason: string): ModelError {
  return new ModelError(
    'Model.Unsupported',
    `The schema cannot be asked of a model server: at ${path}, ${reason}. Or use the same model's GGUF file.`,
    { details: { path, reason } },
  );
}
