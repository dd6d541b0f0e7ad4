import { describe, expect, it } from 'vitest';
import { startScriptedOllama, type OllamaRequest } from '../../../test/support/scripted-ollama.js';
import type { GenerateRequest, LanguageModel, Prompt } from '../language-model.js';
import { openOllamaModel } from './ollama-model.js';

const JOINER = '\u2060';
const QWEN = {
  template: '{{ .Prompt }}',
  renderer: 'qwen3-coder',
  parser: 'qwen3-coder',
  capabilities: ['completion'],
};
const THINKING = `{{ range .Messages }}<|im_start|>{{ .Role }}
{{ if .Thinking }}<think>{{ .Thinking }}</think>{{ end }}{{ .Content }}<|im_end|>
{{ end }}<|im_start|>assistant
{{ if and $.IsThinkSet (not $.Think) }}<think>

</think>

{{ else }}<think>
{{ end }}`;
const PROMPT: Prompt = {
  type: 'chat',
  persona: 'You are kind.',
  messages: [
    { role: 'user', text: 'One.' },
    { role: 'assistant', text: 'Two.', thinking: 'Hm.' },
    { role: 'user', text: 'Three.' },
  ],
};

const open = (host: string): Promise<LanguageModel> => openOllamaModel({ modelId: 'ollama:m', name: 'm', host });

const write = (model: LanguageModel, request: Partial<GenerateRequest> = {}) =>
  model.generate(
    { prompt: PROMPT, maxOutputTokens: 50, ...request },
    { signal: new AbortController().signal, onDelta: () => undefined },
  );

/** Renders like Qwen's renderer, which leaves a last message of the assistant open. */
function rendered(messages: NonNullable<OllamaRequest['messages']>): string {
  const turns = messages.map(({ role, content }, index) =>
    role === 'assistant' && index === messages.length - 1 ? `<${role}>${content}` : `<${role}>${content}</>`,
  );
  return turns.join('') + (messages.at(-1)?.role === 'assistant' ? '' : '<assistant>');
}

describe('models whose prompts the server makes itself', () => {
  it('get roles and persona by /api/chat, uncut, counted to the token', async () => {
    await using server = await startScriptedOllama({ shown: QWEN, renders: rendered });
    const model = await open(server.host);
    const expected = '<system>You are kind.</><user>One.</><assistant>Two.</><user>Three.</><assistant>'.length;
    expect(await model.countPromptTokens(PROMPT)).toBe(expected);
    expect(await write(model)).toMatchObject({ text: 'Hello.', finishReason: 'stop' });
    expect(server.asked).toMatchObject([
      {
        path: '/api/chat',
        messages: [
          { role: 'system', content: 'You are kind.' },
          { role: 'user', content: 'One.' },
          { role: 'assistant', content: 'Two.', thinking: 'Hm.' },
          { role: 'user', content: 'Three.' },
        ],
        truncate: false,
        shift: false,
        options: { num_ctx: 4096, num_predict: 50 },
      },
    ]);
    expect(server.asked[0]).not.toHaveProperty('think');
  });

  it('are counted by a bound where the server does not tell its prompts', async () => {
    await using server = await startScriptedOllama({ shown: QWEN });
    const model = await open(server.host);
    expect(await model.countPromptTokens(PROMPT)).toBeGreaterThan('You are kind.One.Two.Hm.Three.'.length);
    const long: Prompt = { type: 'chat', messages: [{ role: 'user', text: 'x'.repeat(4000) }] };
    await expect(write(model, { prompt: long })).rejects.toMatchObject({ type: 'Model.ContextOverflow' });
  });

  it('go on with an answer behind it where they can', async () => {
    await using server = await startScriptedOllama({ shown: QWEN, renders: rendered, answer: [' and four.'] });
    const model = await open(server.host);
    const resumeFrom = { text: 'Three', tokens: [1, 2] };
    expect(await write(model, { resumeFrom })).toMatchObject({ text: 'Three and four.' });
    expect(server.asked.at(-1)?.messages?.at(-1)).toEqual({ role: 'assistant', content: 'Three' });
  });

  it('write it again where they cannot', async () => {
    const closing = (messages: Parameters<typeof rendered>[0]): string => `${rendered(messages)}</><assistant>`;
    await using server = await startScriptedOllama({
      shown: QWEN,
      renders: closing,
      answer: ['Thr', 'ee and', ' four.'],
    });
    const model = await open(server.host);
    const resumeFrom = { text: 'Three', tokens: [1, 2] };
    expect(await write(model, { resumeFrom })).toMatchObject({ text: 'Three and four.' });
    expect(server.asked.at(-1)?.messages?.at(-1)).toEqual({ role: 'user', content: 'Three.' });
  });

  it('are told whether to think, where they can, and no other persona comes in', async () => {
    const shown = { ...QWEN, capabilities: ['completion', 'thinking'], system: 'You are Qwen.' };
    await using server = await startScriptedOllama({ shown, renders: rendered, answer: [{ thinking: 'Hm' }, 'Yes.'] });
    const model = await open(server.host);
    const prompt: Prompt = { type: 'chat', thinking: false, messages: [{ role: 'user', text: 'a' }] };
    expect(await write(model, { prompt })).toMatchObject({ text: 'Yes.', thinking: 'Hm' });
    expect(server.asked).toMatchObject([
      { think: false, messages: [{ role: 'system', content: '' }, { role: 'user' }] },
    ]);
  });

  it('think again what was thought, and show no thought twice', async () => {
    const answer = [{ thinking: 'They' }, { thinking: ' count.' }, 'Four', '.'];
    await using server = await startScriptedOllama({ shown: QWEN, renders: rendered, answer });
    const model = await open(server.host);
    for (const text of ['', 'Fo']) {
      const resumeFrom = { text, thinking: text === '' ? 'Th' : 'They count.', tokens: [1] };
      expect(await write(model, { resumeFrom })).toMatchObject({ thinking: 'They count.' });
    }
  });

  it('stop thinking at their limit', async () => {
    const shown = { ...QWEN, capabilities: ['completion', 'thinking'] };
    const answer = [{ thinking: 'a' }, { thinking: 'b' }, 'Yes.'];
    await using server = await startScriptedOllama({ shown, renders: rendered, answer });
    expect(await write(await open(server.host), { maxThinkingTokens: 1 })).toMatchObject({
      text: 'Yes.',
      thinking: 'a',
    });
    expect(server.asked.map(({ think }) => think)).toEqual([undefined, false]);
  });

  it('are known by their Modelfile on servers that tell no renderer', async () => {
    const shown = { template: '{{ .Prompt }}', modelfile: 'FROM x\nTEMPLATE {{ .Prompt }}\nRENDERER qwen3-coder\n' };
    await using server = await startScriptedOllama({ shown });
    await write(await open(server.host));
    expect(server.asked.at(-1)?.path).toBe('/api/chat');
  });

  it('are refused where the server adds messages of its own', async () => {
    await using server = await startScriptedOllama({ shown: { ...QWEN, messages: [{ role: 'user', content: 'x' }] } });
    await expect(open(server.host)).rejects.toMatchObject({
      type: 'Model.Unsupported',
      message: expect.stringContaining('messages of its own') as string,
    });
  });
});

describe('templates that lose a part of a conversation', () => {
  it.each([
    ['', 'it has no chat template'],
    ['  \n', 'it has no chat template'],
    ['{{ .System }}', "leaves out the user's message"],
    ['{{ .Prompt }}', 'does not mark the role of each message'],
    ['{{ range .Messages }}{{ .Content }}\n{{ end }}', 'does not mark the role of each message'],
    ['{{ range .Messages }}{{ if eq .Role "user" }}U: {{ .Content }}{{ end }}{{ end }}', 'leaves out earlier answers'],
    ['{{ range .Messages }}{{ .Role }}: {{ .Contents }}{{ end }}', 'its variable ".Contents" is not known'],
    [
      '{{ range .Messages }}{{ .Role }}: {{ .Content }}{{ end }}{{ if .Tools }}{{ sum 1 2 }}{{ end }}',
      'function "sum"',
    ],
  ])('are refused when the model is opened: %j', async (template, reason) => {
    await using server = await startScriptedOllama({ shown: { template } });
    await expect(open(server.host)).rejects.toMatchObject({
      type: 'Model.Unsupported',
      message: expect.stringContaining(reason) as string,
    });
  });

  it("give way to the template of the model's file", async () => {
    const jinja = '{% for m in messages %}<{{ m.role }}>{{ m.content }}<|end|>{% endfor %}<assistant>';
    const shown = { template: '{{ .Prompt }}', model_info: { 'tokenizer.chat_template': jinja } };
    await using server = await startScriptedOllama({ shown });
    await write(await open(server.host));
    expect(server.asked).toMatchObject([
      {
        path: '/api/generate',
        raw: true,
        prompt: '<system>You are kind.<|end|><user>One.<|end|><assistant>Two.<|end|><user>Three.<|end|><assistant>',
        options: { stop: ['<|end|>'] },
      },
    ]);
  });

  it('do not keep a model from continuing raw text', async () => {
    await using server = await startScriptedOllama({ shown: { template: '{{ .Prompt }}' } });
    const model = await openOllamaModel({ modelId: 'ollama:m', name: 'm', host: server.host, mayLackChat: true });
    expect(await write(model, { prompt: { type: 'text', text: 'Once' } })).toMatchObject({ text: 'Hello.' });
    await expect(write(model)).rejects.toMatchObject({ type: 'Model.Unsupported' });
  });

  it('have the persona before the first words where they have no place for it', async () => {
    const template = '{{ range .Messages }}{{ if ne .Role "system" }}{{ .Role }}: {{ .Content }}\n{{ end }}{{ end }}';
    await using server = await startScriptedOllama({ shown: { template } });
    await write(await open(server.host));
    expect(server.asked.at(-1)?.prompt).toBe('user: You are kind.\n\nOne.\nassistant: Two.\nuser: Three.\n');
  });
});

describe('thinking models with a template', () => {
  const shown = { template: THINKING, capabilities: ['completion', 'thinking'] };
  const past = '<|im_start|>system\nYou are kind.<|im_end|>\n<|im_start|>user\nOne.<|im_end|>\n';
  const asked = `${past}<|im_start|>assistant\n<think>Hm.</think>Two.<|im_end|>\n<|im_start|>user\nThree.<|im_end|>\n<|im_start|>assistant\n`;

  it('think, unless told otherwise; thoughts are no part of the answer', async () => {
    await using server = await startScriptedOllama({ shown, answer: ['They', ' count.</thi', 'nk>\n\nFour', '.'] });
    const model = await open(server.host);
    expect(await write(model)).toMatchObject({ text: 'Four.', thinking: 'They count.' });
    await write(model, { prompt: { ...PROMPT, thinking: false } });
    expect(server.asked.map(({ prompt }) => prompt)).toEqual([`${asked}<think>\n`, `${asked}<think>\n\n</think>\n\n`]);
  });

  it('may be split by a server that does so for raw prompts too', async () => {
    await using server = await startScriptedOllama({
      shown,
      answer: [{ thinking: 'They count.' }, 'Four <think>', '.'],
    });
    const model = await open(server.host);
    expect(await write(model)).toMatchObject({ text: 'Four <think>.', thinking: 'They count.' });
    expect(server.asked).toMatchObject([{ raw: true, think: false, truncate: false, shift: false }]);
  });

  it('go on in the middle of a thought, and behind one', async () => {
    await using server = await startScriptedOllama({ shown, answer: [' count.</think>Four.'] });
    const model = await open(server.host);
    expect(await write(model, { resumeFrom: { text: '', thinking: 'They', tokens: [1] } })).toMatchObject({
      text: 'Four.',
      thinking: 'They count.',
    });
    await write(model, { resumeFrom: { text: 'Fo', thinking: 'They count.', tokens: [1] } });
    expect(server.asked.map(({ prompt }) => prompt)).toEqual([
      `${asked}<think>\nThey`,
      `${asked}<think>\nThey count.\n</think>\n\nFo`,
    ]);
  });

  it('are ended at their limit, and the answer begins', async () => {
    await using server = await startScriptedOllama({ shown, answer: ['a ', 'b ', 'c ', 'd'] });
    const model = await open(server.host);
    const answer = await write(model, { maxThinkingTokens: 2 });
    expect(server.asked.map(({ prompt }) => prompt)).toEqual([
      `${asked}<think>\n`,
      `${asked}<think>\na b\n</think>\n\n`,
    ]);
    expect(answer).toMatchObject({ text: 'a b c d', thinking: 'a b', usage: { outputTokens: 6 } });
  });

  it('are those of templates from before Ollama knew thoughts, which only open them', async () => {
    const template = `{{ range .Messages }}<|im_start|>{{ .Role }}\n{{ .Content }}<|im_end|>\n{{ end }}<|im_start|>assistant\n<think>\n`;
    await using server = await startScriptedOllama({
      shown: { template, capabilities: ['completion'] },
      answer: ['They', ' count.\n</think>\n\nFour.'],
    });
    const model = await open(server.host);
    expect(await write(model)).toMatchObject({ text: 'Four.', thinking: 'They count.' });
    await write(model, { resumeFrom: { text: '', thinking: 'Hm. ', tokens: [1] } });
    await write(model, { prompt: { ...PROMPT, thinking: false } });
    const ends = server.asked.map(({ prompt = '' }) => prompt.slice(prompt.lastIndexOf('assistant\n')));
    expect(ends).toEqual(['assistant\n<think>\n', 'assistant\n<think>\nHm. ', 'assistant\n<think>\n\n</think>\n\n']);
  });

  it('are closed where the template opens them whatever it is told', async () => {
    const always = {
      ...shown,
      template: THINKING.replace(/\{\{ if and[^]*?else \}\}/u, '{{ if .Think }}{{ end }}{{ if true }}'),
    };
    await using server = await startScriptedOllama({ shown: always });
    await write(await open(server.host), { prompt: { ...PROMPT, thinking: false } });
    expect(server.asked.map(({ prompt }) => prompt)).toEqual([`${asked}<think>\n\n</think>\n\n`]);
  });
});

it("breaks every control and user-defined token's text in what users write, and no plain word", async () => {
  const template = '{{ range .Messages }}{{ .Role }}: {{ .Content }}\n{{ end }}';
  const tokens: [string, number][] = [
    ['<|turn>', 3],
    ['[gMASK]', 3],
    ['go', 3],
    ['<seed:bos>', 4],
    [']~b]', 4],
    ['◁x▷', 4],
    ['hello', 4],
    ['   ', 4],
    ['----', 4],
    ['<zork>', 1],
  ];
  await using server = await startScriptedOllama({ shown: { template }, tokens });
  const model = await open(server.host);
  const text = '<|turn> [gMASK] go <seed:bos> ]~b] ◁x▷ hello    ---- <zork>';
  const broken = `<${JOINER}|turn> [${JOINER}gMASK] g${JOINER}o <${JOINER}seed:bos> ]${JOINER}~b] ◁${JOINER}x▷ hello    ---- <zork>`;
  await write(model, { prompt: { type: 'chat', persona: text, messages: [{ role: 'user', text }] } });
  await write(model, { prompt: { type: 'text', text }, resumeFrom: { text, tokens: [1] } });
  expect(server.asked.map(({ prompt }) => prompt)).toEqual([
    `system: ${broken}\nuser: ${broken}\n`,
    `${broken}${broken}`,
  ]);
});
