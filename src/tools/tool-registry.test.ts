import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { calculator } from './calculator.js';
import { clock } from './clock.js';
import { defineTool, type Tool, type ToolDefinition } from './tool.js';
import { ToolError } from './tool-error.js';
import { createToolRegistry } from './tool-registry.js';

const make = (fields: Partial<ToolDefinition<z.ZodObject>>): Tool =>
  defineTool({
    name: 'echo',
    description: 'Says it again.',
    parameters: z.object({ text: z.string() }),
    timeoutMs: 1000,
    maxAttempts: 1,
    run: () => '',
    ...fields,
  });

it('describes tools in JSON, in the order asked for', () => {
  const registry = createToolRegistry([clock, calculator]);
  const descriptions = registry.describe(['calculator', 'clock', 'calculator']);
  expect(descriptions.map(({ name }) => name)).toEqual(['calculator', 'clock']);
  expect(JSON.parse(JSON.stringify(descriptions))).toEqual(descriptions);
  expect(descriptions[0]).toMatchObject({
    needsApproval: false,
    parameters: { type: 'object', properties: { expression: { type: 'string', maxLength: 200 } } },
  });
  expect(descriptions[0]?.parameters).not.toHaveProperty('$schema');
});

it('lists the known ones when one is not', () => {
  const registry = createToolRegistry([clock, calculator]);
  for (const ask of [() => registry.get('abacus'), () => registry.describe(['clock', 'abacus'])]) {
    expect(ask).toThrow(
      expect.objectContaining({
        type: 'Tool.NotFound',
        message: 'There is no tool "abacus". Known: clock, calculator.',
      }) as Error,
    );
  }
});

describe('is refused at the start, by name', () => {
  it.each<[string, Partial<ToolDefinition<z.ZodObject>>, string]>([
    ['a name with capitals', { name: 'Echo' }, 'Tool "Echo": a name has small letters'],
    ['a name that is none', { name: 7 as never }, 'Tool 7: a name has'],
    ['no name', { name: undefined }, 'Tool without a name: a name has'],
    ['no description', { description: ' ' }, 'Tool "echo": its description must be'],
    ['no time', { timeoutMs: 0 }, 'Tool "echo": its timeoutMs must be a whole number from 1 to 3600000, not 0'],
    ['half an attempt', { maxAttempts: 0.5 }, 'Tool "echo": its maxAttempts must be'],
    ['parameters that are no schema', { parameters: {} as never }, 'Tool "echo": its parameters must be a zod schema'],
    ['nothing to run', { run: undefined }, 'Tool "echo": its run must be a function'],
    [
      'parameters that no grammar can say',
      { parameters: z.object({ code: z.string().regex(/^[A-Z]+$/u) }) },
      'Tool "echo": its parameters do not suit a model. The schema cannot be made a grammar: at #/properties/code',
    ],
    [
      'parameters that no JSON can say',
      { parameters: z.object({ at: z.date() }) },
      'Tool "echo": its parameters do not suit a model.',
    ],
    [
      'an example that its own schema refuses',
      { examples: [{ message: 'Say 5', arguments: { text: 5 } }] },
      'Tool "echo": its example "Say 5"',
    ],
  ])('%s', (_what, fields, message) => {
    expect(() => createToolRegistry([make(fields)])).toThrow(ToolError);
    expect(() => createToolRegistry([make(fields)])).toThrow(
      expect.objectContaining({ type: 'Tool.Invalid', message: expect.stringContaining(message) as string }) as Error,
    );
  });

  it('a second tool of the same name', () => {
    expect(() => createToolRegistry([make({}), make({})])).toThrow('Tool "echo": there is another tool of this name');
  });
});
