import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { startKilledStack, type KilledStack } from '../support/killed-stack.js';
import { startModelServer, type ModelServer } from '../support/model-server.js';
import { startOllama, type OllamaServer } from '../support/ollama-server.js';
import { writeScriptedGguf } from '../support/scripted-gguf.js';
import { thinkingServer, type ThinkingServerOptions } from '../support/thinking-server.js';

/** An answer as it is stored, in the pieces in which it is written. */
interface Written {
  readonly thoughts: readonly string[];
  readonly answer: readonly string[];
}

const FILE: Written = {
  thoughts: Array.from({ length: 400 }, (_, index) => ` thought${index}`),
  answer: Array.from({ length: 100 }, (_, index) => ` word${index}`),
};
const SERVER: Written = {
  thoughts: Array.from({ length: 150 }, (_, index) => `thought${index} `),
  answer: Array.from({ length: 50 }, (_, index) => `word${index} `),
};
/** Ollama reads what was written again: single bytes, each once, are the same tokens then. */
const OLLAMA: Written = {
  thoughts: 'ABCDEFGHIJKLMNOPQRSTUVWXYZzyxwvutsrqponmlkjihgfedcba'.split(''),
  answer: '0123456789'.split(''),
};

const JINJA =
  '{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}' +
  '{% if enable_thinking is defined and enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}';
const GO = '{{ range .Messages }}<|{{ .Role }}|>{{ .Content }}<|end|>{{ end }}<|assistant|><think>\n';
const SPECIALS = ['<|system|>', '<|user|>', '<|assistant|>', '<|end|>', '<think>', '</think>'];

let stack: KilledStack;
let modelPath: string;
let ollama: OllamaServer | undefined;
const servers: ModelServer[] = [];

beforeAll(async () => {
  stack = await startKilledStack();
  modelPath = join(stack.folder, 'thinker.gguf');
  const common = { specials: SPECIALS, endToken: '<|end|>', idleWeights: 50e6 };
  const script = ['<think>', ...FILE.thoughts, '</think>', ...FILE.answer];
  await writeScriptedGguf(modelPath, { ...common, template: JINJA, after: '<|assistant|>', script });
  const ofOllama = join(stack.folder, 'ollama.gguf');
  const bytes = [...OLLAMA.thoughts, '</think>', ...OLLAMA.answer];
  await writeScriptedGguf(ofOllama, { ...common, template: '', after: '\n', script: bytes });
  ollama = await startOllama('plain', ofOllama);
  await ollama?.create('thinker', `TEMPLATE """${GO}"""\n`);
});
afterAll(async () => {
  await ollama?.stop();
  await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
  await stack.close();
});

type Place = readonly [backend: 'gguf' | 'openai' | 'ollama', place: string];

interface Killed extends Written {
  readonly where: string;
  readonly part: 'thinking' | 'text';
  /** UTF-16 units of the part that are shown when the worker is killed. */
  readonly length: number;
  /** Of them one is right. Default: what servers tell of tokens is not enough to know. */
  readonly thinkingTokens?: readonly number[];
  /** Undefined: it is not to be had here. */
  readonly place: () => Promise<Place | undefined>;
}

const file = async (): Promise<Place> => ['gguf', modelPath];

const server = (options: ThinkingServerOptions) => async (): Promise<Place> => {
  const started = await startModelServer(thinkingServer({ ...options, ...SERVER, pieceMs: 20 }));
  servers.push(started);
  return ['openai', started.baseUrl];
};

/** What closed thoughts may have been shown beyond the last beat: it is tokenized then, with a line break of its own. */
const COUNTED = [FILE.thoughts.length + 1, FILE.thoughts.length + 2];

const KILLED: readonly Killed[] = [
  {
    where: 'a file: in the middle of a thought',
    ...FILE,
    part: 'thinking',
    length: 1_500,
    thinkingTokens: COUNTED,
    place: file,
  },
  {
    where: 'a file: in the middle of the answer',
    ...FILE,
    part: 'text',
    length: 200,
    thinkingTokens: COUNTED,
    place: file,
  },
  {
    where: 'a server that goes on with thoughts: in the middle of one',
    ...SERVER,
    part: 'thinking',
    length: 700,
    place: server({ ownedBy: 'llamacpp', isNew: true }),
  },
  {
    where: 'a server that thinks again: in the middle of a thought',
    ...SERVER,
    part: 'thinking',
    length: 700,
    place: server({ ownedBy: 'vllm' }),
  },
  {
    where: 'Ollama: in the middle of a thought',
    ...OLLAMA,
    part: 'thinking',
    length: 10,
    place: async () => ollama && ['ollama', `http://${ollama.host}`],
  },
];

// Most of each is the wait until the server misses the worker's beats.
describe.concurrent('a worker of a thinking model that is killed', () => {
  it.for(KILLED)('$where: one text of thoughts and one of answer, shown = stored', async (killed, { expect, skip }) => {
    const place = await killed.place();
    if (place === undefined) return skip();
    const { part, length } = killed;
    const written = { thinking: killed.thoughts.join('').trim(), text: killed.answer.join('').trim() };
    const modelId = stack.newId('thinker');
    const first = await stack.startWorker('thinking-worker.mjs', modelId, ...place);
    const session = await stack.client.startSession({ modelId, persona: 'p', maxOutputTokens: 900 });
    const shown = { thinking: '', text: '' };
    let dead: Promise<void> | undefined;
    const show = (name: keyof typeof shown, news: string): void => {
      shown[name] += news;
      if (shown[part].length > length) dead ??= first.kill();
    };
    const answer = session.send('Why?', {
      onThinking: (news) => show('thinking', news),
      onText: (news) => show('text', news),
    });
    await expect.poll(() => dead !== undefined, { timeout: 90_000 }).toBe(true);
    await dead;
    const before = { ...shown };
    expect(before.text === '').toBe(part === 'thinking');
    expect(before[part].length).toBeLessThan(written[part].length);
    await stack.startWorker('thinking-worker.mjs', modelId, ...place);

    const result = await answer;
    expect({ thinking: result.thinking?.trim(), text: result.text.trim() }).toEqual(written);
    expect(result.finishReason).toBe('stop');
    expect(shown).toEqual({ thinking: result.thinking, text: result.text });
    expect(shown.thinking.startsWith(before.thinking) && shown.text.startsWith(before.text)).toBe(true);
    const { thinkingTokens } = result.usage;
    expect(killed.thinkingTokens ?? [thinkingTokens]).toContain(thinkingTokens);
    const { messages } = await session.transcript();
    expect(messages.at(-1)).toMatchObject({ role: 'assistant', ...shown });
  });

  it('a file, and stopped: its thoughts are kept with their turn', async ({ expect }) => {
    const modelId = stack.newId('thinker');
    await stack.startWorker('thinking-worker.mjs', modelId, 'gguf', modelPath);
    const session = await stack.client.startSession({ modelId, persona: 'p', maxOutputTokens: 900 });
    const stop = new AbortController();
    let shown = '';
    const answer = session.send('Why?', { onThinking: (news) => (shown += news), signal: stop.signal });
    await expect.poll(() => shown.length, { interval: 5, timeout: 90_000 }).toBeGreaterThan(300);
    stop.abort();
    await expect(answer).rejects.toMatchObject({ type: 'TurnCancelled' });
    const { messages } = await session.transcript();
    const kept = messages[0]?.failure?.partial?.thinking ?? '';
    expect(kept.startsWith(shown)).toBe(true);
    expect(FILE.thoughts.join('').trim().startsWith(kept)).toBe(true);
  });
});
