import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ModelError } from '../model-error.js';
import { toJsonSchema } from './generate-object.js';
import { jsonSchemaGrammar } from './json-schema-grammar.js';

describe('schemas that cannot be made a grammar are refused with the place and the reason', () => {
  it.each([
    [z.object({ code: z.string().regex(/^[A-Z]+$/u) }), '#/properties/code, patterns cannot be obeyed'],
    [z.object({ a: z.object({ b: z.any() }) }), '#/properties/a/properties/b, it allows anything'],
    [z.object({ n: z.number().multipleOf(3) }), '"multipleOf" cannot be obeyed there'],
    [z.object({ n: z.number().positive() }), '"exclusiveMinimum" cannot be obeyed there'],
    [z.object({ n: z.number().min(0.5) }), 'ranges of fractions must go from a whole number'],
    [z.array(z.string()).max(5000), 'maxItems is more than 1000'],
    [z.string().max(5000), 'maxLength is more than 1000'],
    [z.url(), 'strings of format "uri" cannot be written for sure'],
    [
      z.intersection(z.object({ a: z.string() }), z.union([z.object({ b: z.string() }), z.null()])),
      '"allOf" cannot be obeyed there',
    ],
    [z.looseObject({ a: z.string() }), '#/additionalProperties, it allows anything'],
    [z.number().int().min(5).max(4), 'no whole number lies between 5 and 4'],
    [z.date(), 'Date cannot be represented in JSON Schema'],
    [z.map(z.string(), z.string()), 'Map cannot be represented in JSON Schema'],
  ])('%#', (schema, reason) => {
    expect(() => toJsonSchema(schema)).toThrow(
      expect.objectContaining({ type: 'Model.Unsupported', message: expect.stringContaining(reason) }) as Error,
    );
  });

  it.each([
    [{ $ref: '#/definitions/x' }, '$ref "#/definitions/x" leads nowhere'],
    [{ type: 'object', required: ['a'] }, 'it requires "a", which is not among its properties'],
    [{ enum: [] }, 'its enum is empty'],
    [{ type: 'object', properties: { a: { type: 'thing' } } }, 'there is no type "thing"'],
  ])('%j', (schema, reason) => {
    expect(() => jsonSchemaGrammar(schema as never)).toThrow(reason);
    expect(() => jsonSchemaGrammar(schema as never)).toThrow(ModelError);
  });

  it('refuses what is nested without end', () => {
    let schema: object = { type: 'string' };
    for (let depth = 0; depth < 100; depth++) schema = { type: 'array', items: schema };
    expect(() => jsonSchemaGrammar(schema as never)).toThrow('nested deeper than 64 levels');
  });
});
