import fc from 'fast-check';
import { getLlama, LlamaLogLevel, type Llama } from 'node-llama-cpp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { LanguageModel } from '../../src/inference/language-model.js';
import { openNodeLlamaCppModel } from '../../src/inference/process/node-llama-cpp-model.js';
import { generateObject, toJsonSchema } from '../../src/inference/structured/generate-object.js';
import { jsonSchemaGrammar } from '../../src/inference/structured/json-schema-grammar.js';
import { chatModelFile } from './model-file.js';

describe('grammars of JSON schemas, as llama.cpp reads them', () => {
  let llama: Llama;

  beforeAll(async () => {
    llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, logLevel: LlamaLogLevel.error });
  });

  afterAll(() => llama.dispose());

  async function acceptor(schema: z.ZodType): Promise<(text: string) => boolean> {
    const grammar = await llama.createGrammar({ grammar: jsonSchemaGrammar(toJsonSchema(schema)) });
    // Not public; says whether the whole text is in the grammar's language.
    const test = Reflect.get(grammar, '_testText') as (text: string) => boolean;
    return (text) => test.call(grammar, text);
  }

  interface Tree {
    readonly name: string;
    readonly children: readonly Tree[];
  }
  const tree: z.ZodType<Tree> = z.object({
    name: z.string(),
    get children() {
      return z.array(tree);
    },
  });

  it.each([
    ['a string', z.string(), ['""', '"a \\" \\\\ \\n é 中 😀"'], ['a', '"', '"\n"', '"\\x"', '""x']],
    ['a short string', z.string().min(1).max(3), ['"a"', '"中文字"'], ['""', '"abcd"', '"😀"']],
    ['a number', z.number(), ['0', '-1.5', '1e10', '12.25E-3'], ['01', '.5', '1.', '+1', '--1', 'NaN']],
    ['a share', z.number().min(0).max(1), ['0', '0.25', '1', '1.0'], ['1.1', '-0.1', '2']],
    ['a rating', z.int().min(1).max(10), ['1', '9', '10'], ['0', '11', '1.5', '-1']],
    ['nothing', z.null(), ['null'], ['NULL', '']],
    ['a choice', z.enum(['yes', 'no "really"']), ['"yes"', String.raw`"no \"really\""`], ['"maybe"', 'yes']],
    ['a union', z.union([z.literal(1), z.boolean(), z.string().nullable()]), ['1', 'true', 'null', '"x"'], ['2']],
    ['a date', z.iso.date(), ['"2024-02-29"', '"2025-01-31"'], ['"2025-02-29"', '"2025-04-31"', '"2025-13-01"']],
    ['a point in time', z.iso.datetime(), ['"2025-01-31T23:59:59Z"'], ['"2025-01-31T24:00:00Z"', '"2025-01-31"']],
    ['an address', z.email(), ['"a.b@example.com"'], ['"a@b"', '"a..b@example.com"', '"x"']],
    ['a uuid', z.uuidv4(), ['"123e4567-e89b-42d3-a456-426614174000"'], ['"123e4567-e89b-02d3-c456-426614174000"']],
    ['a list', z.array(z.int()).min(1).max(3), ['[1]', '[1,2]', '[1, 2, 3]'], ['[]', '[1,2,3,4]', '[1,]', '[ 1]']],
    ['an endless list', z.array(z.boolean()), ['[]', '[true]', '[true,false, true]'], ['[,]', '[1]', '[true']],
    ['an empty list', z.array(z.string()).max(0), ['[]'], ['[""]']],
    ['a pair', z.tuple([z.string(), z.int()]), ['["a",1]', '["a", 1]'], ['["a"]', '["a",1,2]']],
    ['an object', z.object({ a: z.int(), b: z.string() }), ['{"a":1,"b":""}', '{"a": 1, "b": "x"}'], ['{"a":1}', '{}']],
    ['an empty object', z.object({}), ['{}'], ['{"a":1}', '[]']],
    [
      'an object of options',
      z.object({ a: z.int().optional(), b: z.int(), c: z.int().optional(), d: z.int().default(4) }),
      ['{"b":1}', '{"a":1,"b":1}', '{"b":1,"c":2}', '{"b":1,"d":2}', '{"a":1,"b":1,"c":1,"d":1}'],
      ['{}', '{"a":1}', '{"b":1,"a":1}', '{,"b":1}', '{"b":1,}', '{"c":1,"b":1}'],
    ],
    [
      'an object of nothing but options',
      z.object({ a: z.int().optional(), b: z.int().optional() }),
      ['{}', '{"a":1}', '{"b":1}', '{"a":1,"b":2}'],
      ['{"b":1,"a":1}', '{,}', '{"a":1,}'],
    ],
    [
      'a record',
      z.record(z.string(), z.int()),
      ['{}', '{"x":1}', '{"x": 1, "y": 2}'],
      ['{"x":"y"}', '{"":1}', '{x:1}'],
    ],
    [
      'named and other keys',
      z.object({ ab: z.int(), 'x-]': z.int().optional() }).catchall(z.string()),
      ['{"ab":1}', '{"ab":1,"abc":"x"}', '{"ab":1,"a":"x","-]":"y"}', '{"ab":1,"x-]":1,"é":"y"}'],
      ['{"ab":1,"ab":"x"}', '{"ab":1,"":"x"}', '{"ab":1,"a":1}', '{"ab":1,"x-]":"x"}'],
    ],
    ['milliseconds', z.iso.datetime({ precision: 3 }), ['"2025-01-31T23:59:59.123Z"'], ['"2025-01-31T23:59:59Z"']],
    [
      'a kind of one or the other',
      z.discriminatedUnion('t', [
        z.object({ t: z.literal('a'), n: z.int() }),
        z.object({ t: z.literal('b'), s: z.string() }),
      ]),
      ['{"t":"a","n":1}', '{"t":"b","s":""}'],
      ['{"t":"a","s":""}', '{"t":"c"}'],
    ],
    [
      'a tree',
      tree,
      ['{"name":"x","children":[]}', '{"name":"x","children":[{"name":"y","children":[]}]}'],
      ['{"name":"x","children":[{}]}'],
    ],
  ])('%s', async (_name, schema, good, bad) => {
    const accepts = await acceptor(schema);
    expect(good.filter((text) => !accepts(text))).toEqual([]);
    expect(good.filter((text) => !schema.safeParse(JSON.parse(text)).success)).toEqual([]);
    expect(bad.filter((text) => accepts(text))).toEqual([]);
  });

  it('accepts whatever JSON.stringify makes of a value of the schema', async () => {
    const schema = z.object({
      title: z.string(),
      tags: z.array(z.string().max(8)).max(4),
      nested: z.object({ n: z.int(), maybe: z.string().optional(), flag: z.boolean().nullable() }),
    });
    const accepts = await acceptor(schema);
    const unit = fc.string({ maxLength: 8, unit: 'grapheme-ascii' });
    const value = fc.record({
      title: fc.string({ unit: 'grapheme' }).filter((text) => !/[\u0000-\u001f\u007f]/u.test(JSON.stringify(text))), // eslint-disable-line no-control-regex
      tags: fc.array(unit, { maxLength: 4 }),
      nested: fc.record(
        {
          n: fc.integer(),
          maybe: unit,
          flag: fc.option(fc.boolean()),
        },
        { requiredKeys: ['n', 'flag'] },
      ),
    });
    fc.assert(
      fc.property(value, ({ title, tags, nested: { n, maybe, flag } }) => {
        const text = JSON.stringify({ title, tags, nested: { n, ...(maybe !== undefined && { maybe }), flag } });
        // Control characters are written as \u escapes, which models have no need of.
        expect(text.includes('\\u') || accepts(text) || text).toBe(true);
      }),
    );
  });
});

const modelPath = chatModelFile();
const QUESTION =
  'Plan a party. Answer in JSON with a title, up to 3 steps (each with who does it and minutes), and a mood.';
const Plan = z.object({
  title: z.string().max(40),
  steps: z
    .array(z.object({ who: z.enum(['computer scientist', 'law expert']), minutes: z.int().min(1).max(90) }))
    .max(3),
  mood: z.union([z.literal('good'), z.literal('bad')]),
  note: z.string().max(30).optional(),
});

describe.skipIf(modelPath === undefined)('structured answers on real weights', { timeout: 120_000 }, () => {
  let model: LanguageModel;
  const ask = (maxOutputTokens: number, request: object = {}) =>
    generateObject(
      model,
      {
        prompt: { type: 'chat', messages: [{ role: 'user', text: QUESTION }] },
        maxOutputTokens,
        schema: Plan,
        ...request,
      },
      { signal: new AbortController().signal, onDelta: () => undefined },
    );

  beforeAll(async () => {
    const options = {
      modelId: 'm',
      modelPath: modelPath ?? '',
      contextTokens: 1024,
      sequences: 4,
      gpu: false,
    } as const;
    model = await openNodeLlamaCppModel(options);
  }, 60_000);

  afterAll(() => model.dispose());

  it('parse, whatever the sampling', async () => {
    const seeds = Array.from({ length: 12 }, (_, seed) => seed);
    const results = await Promise.all(
      seeds.map((seed) => ask(300, { decoding: { temperature: seed === 0 ? 0 : 1.5, topK: 0, topP: 1, seed } })),
    );
    for (const { value, text } of results) expect(value).toEqual(Plan.parse(JSON.parse(text)));
    expect(new Set(results.map(({ text }) => text)).size).toBeGreaterThan(6);
  });

  it('go on after a resumption as if never stopped', async () => {
    const whole = await ask(300);
    const checkpoints: { text: string; tokens: number[] }[] = [];
    await generateObject(
      model,
      { prompt: { type: 'chat', messages: [{ role: 'user', text: QUESTION }] }, maxOutputTokens: 300, schema: Plan },
      {
        signal: new AbortController().signal,
        onDelta: ({ offset, text, tokens }) => {
          const last = checkpoints.at(-1);
          checkpoints.push({
            text: (last?.text ?? '').slice(0, offset) + text,
            tokens: [...(last?.tokens ?? []), ...tokens],
          });
        },
      },
    );
    const cut = checkpoints[Math.trunc(checkpoints.length / 2)];
    const resumed = await ask(300, { resumeFrom: cut });
    expect(resumed.text.startsWith(cut?.text ?? '')).toBe(true);
    expect(resumed.value).toEqual(whole.value);
  });

  it('say that they were cut, and by what', async () => {
    await expect(ask(10)).rejects.toMatchObject({
      type: 'Model.OutputRejected',
      message: expect.stringContaining('Raise maxOutputTokens (now 10).') as string,
      options: { details: { finishReason: 'length' } },
    });
  });

  it('are refused when a rule is broken that only zod knows', async () => {
    const impossible = z.object({
      a: z
        .int()
        .min(1)
        .max(9)
        .refine((n) => n > 100, 'too small'),
    });
    await expect(ask(50, { schema: impossible })).rejects.toMatchObject({
      type: 'Model.OutputRejected',
      message: expect.stringContaining('too small') as string,
    });
  });

  it('leave other answers in the same rounds alone', async () => {
    const plain = () =>
      model.generate(
        {
          prompt: { type: 'chat', messages: [{ role: 'user', text: 'What is the capital of France?' }] },
          maxOutputTokens: 20,
        },
        { signal: new AbortController().signal, onDelta: () => undefined },
      );
    const [{ text }] = await Promise.all([plain(), ask(200), ask(200, { decoding: { temperature: 1, seed: 3 } })]);
    expect(text).toContain('Paris');
  });
});
