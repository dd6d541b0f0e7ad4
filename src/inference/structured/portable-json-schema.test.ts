import { expect, it } from 'vitest';
import { z } from 'zod';
import { toJsonSchema } from './generate-object.js';
import { portableJsonSchema } from './portable-json-schema.js';

it.each([
  ['a date', z.object({ when: z.iso.date() }), '#/properties/when'],
  ['a share', z.array(z.number().min(0).max(1)), '#/items'],
  ['an address in a union', z.union([z.null(), z.object({ to: z.email() })]), '#/anyOf/1/properties/to'],
  ['a date or nothing', z.object({ 'a/b': z.iso.date().nullable() }), '#/properties/a~1b/anyOf/0'],
  ['a local time', z.iso.time(), '#'],
  ['short names', z.record(z.string().max(3), z.int()), '#/propertyNames'],
])('refuses %s, and says where', (_name, schema, path) => {
  expect(() => portableJsonSchema(toJsonSchema(schema))).toThrow(`at ${path}, servers do not obey`);
});

it('takes what servers obey', () => {
  const schema = toJsonSchema(
    z.object({
      name: z.string().max(20),
      age: z.int().min(1).max(99),
      tags: z.array(z.enum(['a', 'b'])).max(3),
      maybe: z.number().optional(),
    }),
  );
  expect(portableJsonSchema(schema)).toBe(schema);
});
