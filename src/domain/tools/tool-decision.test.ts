import { expect, it } from 'vitest';
import type { JsonSchema } from '../json-schema.js';
import type { ToolDescription } from './tool-call.js';
import { MAX_DECIDED_STRING_LENGTH, decisionSchema, decisionText, parseDecision } from './tool-decision.js';

const tool = (name: string, parameters: JsonSchema): ToolDescription => ({
  name,
  description: `Does ${name}.`,
  parameters,
  examples: [{ message: `Do ${name}`, arguments: { a: 1 } }],
  needsApproval: false,
  timeoutMs: 1,
  maxAttempts: 1,
});
const node: JsonSchema = {
  type: 'object',
  properties: { name: { type: 'string' }, kids: { type: 'array', items: { $ref: '#/$defs/node' } } },
};
const tools = [
  tool('calculator', { type: 'object', properties: { expression: { type: 'string', maxLength: 40 } } }),
  tool('trees', { type: 'object', properties: { tree: { $ref: '#/$defs/node' } }, $defs: { node } }),
  tool('woods', { type: 'object', properties: { day: { type: 'string', format: 'date' }, inner: { $ref: '#' } } }),
];

it('holds the schemas of all tools, each with its own definitions, and nothing in them without an end', () => {
  const { $defs = {} } = decisionSchema(tools);
  expect($defs).toMatchObject({
    calculator: { properties: { expression: { maxLength: 40 } } },
    trees: { properties: { tree: { $ref: '#/$defs/trees.node' } } },
    'trees.node': {
      properties: {
        name: { maxLength: MAX_DECIDED_STRING_LENGTH },
        kids: { items: { $ref: '#/$defs/trees.node' }, maxItems: 20 },
      },
    },
    woods: { properties: { day: { type: 'string', format: 'date' }, inner: { $ref: '#/$defs/woods' } } },
  });
  expect(Object.keys($defs)).toHaveLength(4);
  expect($defs.woods?.properties?.day).not.toHaveProperty('maxLength');
});

it('leaves only the answer when there are no tools', () => {
  expect(decisionSchema([]).anyOf).toEqual([
    { type: 'object', properties: { action: { const: 'answer' } }, required: ['action'] },
  ]);
});

it('asks with the examples, and with the message as the last of them', () => {
  const text = decisionText('Line one\nline "two"', tools.slice(0, 1), true);
  expect(text.split('\n').slice(1)).toEqual([
    '"Do calculator" → {"action":"call","tool":"calculator","arguments":{"a":1}}',
    '"Hello! Who are you?" → {"action":"answer"}',
    String.raw`"Line one line \"two\"" →`,
  ]);
});

it.each([
  ['{"action":"answer"}', { action: 'answer' }],
  [
    '{"action":"call","tool":"calculator","arguments":{"expression":"1"}}',
    { action: 'call', tool: 'calculator', arguments: { expression: '1' } },
  ],
])('reads %s', (text, decision) => expect(parseDecision(text, tools)).toEqual({ decision }));

it.each([
  ['', 'no JSON object'],
  ['[]', 'no JSON object'],
  ['{"action":"ans', 'no JSON object'],
  ['{}', 'no action'],
  ['{"action":"call","tool":"none","arguments":{}}', 'There is no tool "none". Known: calculator, trees, woods.'],
  ['{"action":"call","tool":"calculator","arguments":[]}', 'are no JSON object'],
  ['{"action":"call","tool":"calculator"}', 'are no JSON object'],
])('does not read %j', (text, fault) => {
  expect(parseDecision(text, tools)).toEqual({ fault: expect.stringContaining(fault) as string });
});
