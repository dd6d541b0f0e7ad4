import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseGbnf } from '../../../test/support/gbnf.js';
import type { JsonSchema } from '../../domain/json-schema.js';
import { ModelError } from '../model-error.js';
import { toJsonSchema } from './generate-object.js';
import { jsonSchemaGrammar } from './json-schema-grammar.js';

/** Checks formats as their standards define them, independently of the grammar: RFC 3339, RFC 9562, and addresses as browsers accept them. */
const ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false })
  .addFormat('date', (text) => isDay(text))
  .addFormat('time', /^([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/iu)
  .addFormat(
    'date-time',
    (text) => isDay(text.slice(0, 10)) && !Number.isNaN(Date.parse(text)) && /T.*(?:Z|[+-]\d\d:\d\d)$/u.test(text),
  )
  .addFormat('uuid', /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iu)
  .addFormat('email', /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+$/iu);

function isDay(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`);
  return /^\d{4}-\d\d-\d\d$/u.test(text) && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

function randomOf(seed: number): () => number {
  let state = seed;
  // source: https://en.wikipedia.org/wiki/Linear_congruential_generator, "Numerical Recipes"
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}

/** Texts that a grammar of the schema allows; undefined if the schema is refused as expected. */
function textsOf(schema: JsonSchema, seed: number, count = 8): string[] | undefined {
  let grammar: string;
  try {
    grammar = jsonSchemaGrammar(schema);
  } catch (error) {
    if (!(error instanceof ModelError) || error.type !== 'Model.Unsupported') throw error;
    if (!/^#(?:\/|$)/u.test(String(error.options.details?.path))) throw error;
    return undefined;
  }
  const language = parseGbnf(grammar);
  const random = randomOf(seed);
  return Array.from({ length: count }, () => language.sample(random));
}

function faultOf(schema: JsonSchema, text: string): string | undefined {
  const validate = ajv.compile(schema);
  return validate(JSON.parse(text)) ? undefined : `${text}: ${ajv.errorsText(validate.errors)}`;
}

const count = fc.nat(4);
const annotations = { title: fc.constant('t'), description: fc.constant('d') };
const scalar = fc.constantFrom('a', 'b', 'ab', 1, 2, 1.5, true, null);
const name = fc.constantFrom('a', 'b', 'ab', 'abc', 'b/c', 'd~e', '__proto__', 'é"');
const pattern = fc.constantFrom(
  '^a',
  '^[0-9]+$',
  ...[z.uuidv7(), z.iso.datetime({ precision: 3 }), z.iso.date()].map((one) => z.toJSONSchema(one).pattern ?? ''),
);
const format = fc.constantFrom('date', 'time', 'date-time', 'uuid', 'email', 'uri', 'toString');
const text = fc.record(
  {
    minLength: fc.constantFrom(0, 3, 12, 36),
    maxLength: fc.constantFrom(2, 10, 20, 36),
    format,
    pattern,
    ...annotations,
  },
  { requiredKeys: [] },
);
const number = fc.record(
  {
    minimum: fc.constantFrom(0, 1, -3, 2.5, 1e20),
    maximum: fc.constantFrom(0, 7, 3.5, 1e21),
    exclusiveMinimum: fc.constantFrom(0, 0.5),
    exclusiveMaximum: fc.constantFrom(9, 9.5),
    multipleOf: fc.constant(3),
    format: fc.constantFrom('int32', 'double'),
  },
  { requiredKeys: [] },
);

const schemas = fc.letrec<{ schema: JsonSchema }>((tie) => {
  const inner = tie('schema');
  const list = fc.record(
    {
      items: fc.oneof(inner, fc.boolean()),
      prefixItems: fc.array(inner, { maxLength: 2 }),
      minItems: count,
      maxItems: count,
      uniqueItems: fc.boolean(),
    },
    { requiredKeys: ['items'] },
  );
  const rules = fc.oneof(
    fc.boolean(),
    fc.record({ type: fc.constant('string'), minLength: count, enum: fc.array(name) }, { requiredKeys: [] }),
  );
  const object = fc.record(
    {
      properties: fc.dictionary(name, inner, { maxKeys: 3 }),
      required: fc.array(name, { maxLength: 2 }),
      additionalProperties: fc.oneof(inner, fc.boolean()),
      propertyNames: rules,
      minProperties: count,
    },
    { requiredKeys: ['properties'] },
  );
  const typed = fc.oneof(
    fc.record({ type: fc.constant('string'), rest: text }),
    fc.record({ type: fc.constantFrom('number', 'integer'), rest: number }),
    fc.record({ type: fc.constantFrom('boolean', 'null'), rest: fc.constant({}) }),
    fc.record({ type: fc.constant('array'), rest: list }),
    fc.record({ type: fc.constant('object'), rest: object }),
    fc.record({ type: fc.constantFrom(['string', 'null'], ['integer', 'string'], []), rest: fc.oneof(text, number) }),
  );
  const choices = fc.array(inner, { maxLength: 3 });
  const schema = fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    { weight: 6, arbitrary: typed.map(({ type, rest }) => ({ type, ...rest })) },
    {
      weight: 1,
      arbitrary: fc.record(
        {
          type: fc.constantFrom('string', 'integer', 'number'),
          enum: fc.array(scalar),
          const: scalar,
          minLength: count,
        },
        { requiredKeys: [] },
      ),
    },
    { weight: 1, arbitrary: fc.record({ anyOf: choices }) },
    { weight: 1, arbitrary: fc.record({ oneOf: choices }) },
    {
      weight: 1,
      arbitrary: fc.record(
        {
          $ref: fc.constantFrom('#/$defs/x', '#/$defs/toString', '#/$defs/%E0', '#'),
          minLength: count,
          title: fc.constant('t'),
        },
        { requiredKeys: ['$ref'] },
      ),
    },
  );
  return { schema: schema };
}).schema;

describe('a JSON schema is obeyed, or refused with the place', () => {
  it('whatever it is made of', () => {
    let obeyed = 0;
    fc.assert(
      fc.property(schemas, schemas, fc.nat(), (schema, definition, seed) => {
        const whole = { ...schema, $defs: { x: definition } };
        const texts = textsOf(whole, seed);
        if (texts === undefined) return;
        obeyed++;
        expect(texts.flatMap((one) => faultOf(whole, one) ?? [])).toEqual([]);
      }),
      { numRuns: 3000, seed: 20261128 },
    );
    expect(obeyed).toBeGreaterThan(300);
  }, 60_000);

  it.each<[string, z.ZodType]>([
    ['a uuid of version 7', z.uuidv7()],
    ['a uuid of version 1', z.uuid({ version: 'v1' })],
    ['any uuid', z.uuid()],
    ['a time to the millisecond', z.iso.datetime({ precision: 3 })],
    ['a time to the second', z.iso.datetime({ precision: 0 })],
    ['a time with a zone', z.iso.datetime({ offset: true })],
    ['a local time', z.iso.time()],
    ['a time of day to the minute', z.iso.time({ precision: -1 })],
    ['an address', z.email()],
    ['a date of ten characters', z.iso.date().max(10)],
    ['a record of short names', z.record(z.string().min(2).max(3), z.int())],
    ['a record of some names', z.partialRecord(z.enum(['a', 'b']), z.int())],
    ['an object with other keys', z.object({ ab: z.int(), abc: z.int().optional() }).catchall(z.string())],
    ['an optional item', z.tuple([z.string(), z.int().optional()])],
  ])('%s', (_name, schema) => {
    const jsonSchema = toJsonSchema(schema);
    const texts = textsOf(jsonSchema, 7, 300) ?? [];
    expect(texts).toHaveLength(300);
    expect(texts.filter((one) => !schema.safeParse(JSON.parse(one)).success)).toEqual([]);
  });

  it.each<[string, z.ZodType | JsonSchema]>([
    ['#/properties/a, "maxLength" cannot be obeyed beside the format', z.object({ a: z.email().max(10) })],
    ['#, "minLength" cannot be obeyed beside the format', z.uuidv4().min(40)],
    ['#, patterns cannot be obeyed', { type: 'string', format: 'uuid', pattern: '^0' }],
    ['#/properties/a~1b, patterns cannot', z.object({ 'a/b': z.string().regex(/^x/u) })],
    ['#/propertyNames, patterns cannot', z.record(z.string().regex(/^x/u), z.int())],
    [
      '#/propertyNames, rules for names cannot be obeyed beside named',
      { type: 'object', properties: { a: { type: 'null' } }, propertyNames: { maxLength: 1 } },
    ],
    [
      '#/items, "minLength" cannot be obeyed there',
      { type: 'array', items: { $ref: '#/$defs/x', minLength: 3 }, $defs: { x: { type: 'string' } } },
    ],
    ['#, "minimum" cannot be obeyed there', { const: 3, minimum: 4 }],
    ['#, no value of its const is of its type', { type: 'string', const: 3 }],
    ['#, a value may fit both oneOf/0 and oneOf/1', { oneOf: [{ type: 'integer' }, { type: 'number' }] }],
    [
      '#, a tuple of 1 items cannot have fewer or more',
      { type: 'array', prefixItems: [{ type: 'null' }], minItems: 2 },
    ],
    ['#, maxItems is less than minItems', { type: 'array', maxItems: 0, minItems: 1 }],
    [
      '#/$defs/a, it refers to "#/$defs/a", which is nothing but itself',
      { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/a' } } },
    ],
    ['#, $ref "#/$defs/%E0" leads nowhere', { $ref: '#/$defs/%E0' }],
    ['#, $ref "#/$defs/toString" leads nowhere', { $ref: '#/$defs/toString', $defs: {} }],
    ['#, numbers from 100000000000000000000 on have too many digits', { type: 'number', minimum: 1e20 }],
    ['#, "minLength" is -1, which is not a count', { type: 'string', minLength: -1 }],
  ])('refuses: at %s', (reason, schema) => {
    const convert = (): unknown => (schema instanceof z.ZodType ? toJsonSchema(schema) : jsonSchemaGrammar(schema));
    expect(convert).toThrow(
      expect.objectContaining({
        type: 'Model.Unsupported',
        message: expect.stringContaining(`at ${reason}`) as string,
      }) as Error,
    );
  });
});
