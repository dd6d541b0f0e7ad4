import { expect, it } from 'vitest';
import { z } from 'zod';
import type { ToolCall, ToolDescription } from '../../domain/tools/tool-call.js';
import { decisionSchema } from '../../domain/tools/tool-decision.js';
import { createScriptedModel } from '../scripted-model.js';
import { decideTool, promptWithTools, type ChatPrompt } from './decide-tool.js';
import { toJsonSchema } from './generate-object.js';
import { jsonSchemaGrammar } from './json-schema-grammar.js';

const tools: readonly ToolDescription[] = [
  {
    name: 'echo',
    description: 'Says it again.',
    parameters: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
    examples: [{ message: 'Say hi', arguments: { text: 'hi' } }],
    needsApproval: false,
    timeoutMs: 1000,
    maxAttempts: 1,
  },
];
const prompt: ChatPrompt = {
  type: 'chat',
  persona: 'You are kind.',
  messages: [
    { role: 'user', text: 'one' },
    { role: 'assistant', text: 'two' },
    { role: 'user', text: 'three' },
  ],
};
const calls: readonly ToolCall[] = [
  { callId: 'c1', tool: 'echo', arguments: { text: 'x' }, state: 'done', result: 'x', startedAt: '' },
];
const options = { signal: new AbortController().signal };

it('asks after the very prompt that the answer is written from, so that it is read once', async () => {
  const model = createScriptedModel(['{"action":"answer"}']);
  const { decision } = await decideTool(model, { prompt, tools, calls }, options);
  expect(decision).toEqual({ action: 'answer' });
  const [asked] = model.requests;
  const answered = promptWithTools(prompt, tools, calls);
  if (asked?.prompt.type !== 'chat') throw new Error('no chat');
  expect(asked.prompt.persona).toBe(answered.persona);
  expect(asked.prompt.messages.slice(0, -1)).toEqual(answered.messages.slice(0, -1));
  const [question, whole] = [asked.prompt.messages.at(-1)?.text, answered.messages.at(-1)?.text ?? ''];
  expect(whole).toMatch(/^three\n\nResults of tools/u);
  expect(question?.startsWith(`${whole}\n\nDo not answer yet.`)).toBe(true);
  expect(question?.endsWith('"three" →')).toBe(true);
});

it('leaves a prompt without tools and results as it is', () => {
  expect(promptWithTools(prompt, [], [])).toEqual(prompt);
});

it('answers rather than make a call again', async () => {
  const text = '{"action":"call","tool":"echo","arguments":{"text":"x"}}';
  const { decision } = await decideTool(createScriptedModel([text]), { prompt, tools, calls }, options);
  expect(decision).toEqual({ action: 'answer', because: 'repeated' });
  const other = await decideTool(createScriptedModel([text]), { prompt, tools, calls: [] }, options);
  expect(other.decision).toEqual({ action: 'call', tool: 'echo', arguments: { text: 'x' } });
});

it('says that a backend did not keep to the schema', async () => {
  const model = createScriptedModel(['{"action":"call","tool":"rm","arguments":{}}']);
  await expect(decideTool(model, { prompt, tools }, options)).rejects.toMatchObject({
    type: 'Model.OutputRejected',
    message: 'There is no tool "rm". Known: echo.',
  });
});

it('makes one grammar of tools whose schemas refer to themselves under the same names', () => {
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
  const [echo] = tools;
  if (echo === undefined) throw new Error('no tool');
  const both = [
    z.object({ tree, tags: z.record(z.string(), z.string()) }),
    z.object({ trees: z.array(tree), n: z.int() }),
  ];
  const schema = decisionSchema(
    both.map((parameters, index) => ({ ...echo, name: `tool${index}`, parameters: toJsonSchema(parameters) })),
  );
  const names = Object.keys(schema.$defs ?? {});
  const refs = [...JSON.stringify(schema).matchAll(/"#\/\$defs\/([^"]+)"/gu)].map(([, ref = '']) => ref);
  expect(refs.length).toBeGreaterThan(4);
  expect(refs.filter((ref) => !names.includes(ref))).toEqual([]);
  expect(jsonSchemaGrammar(schema)).toContain('tool1');
});
