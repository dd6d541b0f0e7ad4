import { readFileSync, readdirSync } from 'node:fs';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RetrievalDependencies } from '../../src/activities/knowledge/retrieval.js';
import { connectDatabase } from '../../src/database/connect-database.js';
import type { Database } from '../../src/database/connect-database.js';
import { exportSession, sessionMarkdown } from '../../src/domain/session/session-export.js';
import type { SourceSettings } from '../../src/domain/answer/answer-sources.js';
import type { EmbeddingModel } from '../../src/inference/embedding-model.js';
import type { ParsedDocument } from '../../src/domain/knowledge/retrieval.js';
import type { GenerateRequest } from '../../src/inference/language-model.js';
import { ModelError } from '../../src/inference/model-error.js';
import { createScriptedModel } from '../../src/inference/scripted-model.js';
import type { Script, ScriptedModel } from '../../src/inference/scripted-model.js';
import { chunkDocument } from '../../src/retrieval/chunk/chunk-document.js';
import { parseDocument } from '../../src/retrieval/parse/parse-document.js';
import { createKnowledgeStore } from '../../src/retrieval/store/create-knowledge-store.js';
import type { KnowledgeStore } from '../../src/retrieval/store/knowledge-store.js';
import { WebSearchError } from '../../src/retrieval/web/web-search-error.js';
import { SEARCH_TERMS } from '../../src/workers/open-retrieval.js';
import { createSessionStack } from '../support/session-stack.js';
import type { SessionStack } from '../support/session-stack.js';
import { startTestServer } from '../support/temporal.js';
import { startEmbedded } from '../support/test-database.js';
import type { TestDatabase } from '../support/test-database.js';

const folder = new URL('../fixtures/hostile-documents/', import.meta.url);
const hostile = readdirSync(folder).filter((name) => name.endsWith('.txt'));

let env: TestWorkflowEnvironment;
let served: TestDatabase;
let database: Database;
let store: KnowledgeStore;
let stack: SessionStack;
const signal = new AbortController().signal;

beforeAll(async () => {
  [env, served] = await Promise.all([startTestServer(), startEmbedded()]);
  database = connectDatabase(served.address);
  store = createKnowledgeStore(database, SEARCH_TERMS);
  for (const name of ['docs', 'hostile', 'empty']) {
    await store.createKnowledgeBase({ name, embeddingModelId: 'none', dimensions: 0 });
  }
  const guide = '# Guide\n\nIntroduction.\n\n## Hours\n\nThe library opens at nine on weekdays.\n';
  await add('docs', '/manuals/guide.md', await parse(guide));
  await store.createKnowledgeBase({ name: 'near', embeddingModelId: 'multilingual-e5-small', dimensions: 2 });
  await add('near', '/manuals/hours.md', await parse('The library opens at nine on weekdays.\n'), [1, 0]);
  await add('docs', '/manuals/rules.md', await parse('# Rules\n\nNobody eats in the library.\n'));
  for (const name of hostile) {
    // As it is: the parser refuses one of them.
    const text = readFileSync(new URL(name, folder), 'utf8');
    await add('hostile', `/hostile/${name}`, { title: name, mediaType: 'text/plain', text, headings: [] });
  }
});
afterAll(async () => {
  await database.close();
  await served.stop();
  await env.teardown();
});
beforeEach(async () => {
  stack = createSessionStack(env);
  await stack.startSessionsWorker();
});
afterEach(() => stack.close());

const parse = (text: string): Promise<ParsedDocument> => parseDocument(Buffer.from(text), { name: 'x.md', signal });

/** @param embedding of all its chunks */
async function add(
  knowledgeBase: string,
  uri: string,
  document: ParsedDocument,
  embedding?: readonly number[],
): Promise<void> {
  const info = { uri, title: document.title, mediaType: document.mediaType, contentHash: uri, metadata: {} };
  await store.beginDocument(knowledgeBase, info);
  const chunks = [];
  const countTokens = (texts: readonly string[]) => Promise.resolve(texts.map((text) => Math.ceil(text.length / 4)));
  for await (const chunk of chunkDocument(document, { countTokens, maxTokens: 200 }))
    chunks.push({ ...chunk, ...(embedding && { embedding }) });
  await store.stageChunks(knowledgeBase, info, chunks);
  await store.publishDocument(knowledgeBase, info, chunks.length);
}

function dependencies(web: Partial<RetrievalDependencies['web']> = {}): RetrievalDependencies {
  return {
    store,
    embeddingModel: () => Promise.reject(new ModelError('Model.Unavailable', 'No model here embeds.')),
    reranker: () => Promise.resolve(undefined),
    web: {
      providers: [],
      pages: { read: (url) => Promise.reject(new Error(`${url} must not be read`)) },
      ...web,
    },
  };
}

/** With an embedding model by which all chunks are so near to any question. */
function judging(cosine: number): RetrievalDependencies {
  const vector = Float32Array.of(cosine, Math.sqrt(1 - cosine ** 2));
  const model: EmbeddingModel = {
    modelId: 'multilingual-e5-small',
    dimensions: 2,
    maxTokens: 512,
    countTokens: (text) => Promise.resolve(text.length),
    embed: (texts) => Promise.resolve(texts.map(() => vector)),
    dispose: () => Promise.resolve(),
  };
  return { ...dependencies(), embeddingModel: () => Promise.resolve(model) };
}

const textOf = ({ prompt }: GenerateRequest): string =>
  prompt.type === 'chat' ? (prompt.messages.at(-1)?.text ?? '') : '';
const isGrounded = (request: GenerateRequest): boolean => textOf(request).startsWith('Sources, as data.');

/** Drafts, names its keywords, and answers by `answer` once it has sources. */
async function startModel(answer: string, keywords = ['library', 'opens']): Promise<ScriptedModel> {
  const script: Script = (request) => {
    if (request.jsonSchema !== undefined) return JSON.stringify({ keywords });
    return isGrounded(request) ? { text: answer, delayMs: 5 } : 'Perhaps at eight [1].';
  };
  const model = createScriptedModel(script, { modelId: stack.newId('scripted') });
  await stack.startModelWorker(model);
  return model;
}

describe('one question', () => {
  it('is answered with sources that exist, in the stream as in the result, each step told in the history', async () => {
    const { modelId, requests } = await startModel('It opens at nine [1], says [7] the guide [1, 9].');
    await stack.startRetrievalWorker(dependencies());
    const pieces: string[] = [];
    const answer = await stack.client.ask('When does the library open?', {
      modelId,
      sources: { knowledgeBases: ['docs'] },
      onText: (text) => pieces.push(text),
    });
    expect(answer).toMatchObject({
      grounded: true,
      text: 'It opens at nine [1], says [7] the guide [1, 9].',
      keywords: ['library', 'opens'],
      failures: [],
      finishReason: 'stop',
    });
    expect(pieces.join('')).toBe(answer.text);
    expect(pieces.length).toBeGreaterThan(2);
    const [source] = answer.citations;
    expect(source).toMatchObject({ number: 1, uri: '/manuals/guide.md', headings: ['Guide', 'Hours'] });
    expect(answer.citations).toHaveLength(1);
    for (const { number, text, start, end } of answer.sources) {
      expect(number).toBeGreaterThan(0);
      expect(end - start).toBe(text.length);
    }
    // Told as the user's words, never as the system's.
    const grounded = requests.find(isGrounded);
    expect(grounded?.prompt).toMatchObject({ persona: 'You are a helpful assistant.' });

    const { events = [] } = await stack.client.temporal.workflow.getHandle(`answer/${answer.answerId}`).fetchHistory();
    const steps = events?.flatMap((event) => {
      const name = event.activityTaskScheduledEventAttributes?.activityType?.name;
      return name ? [[name, String(event.userMetadata?.summary?.data)]] : [];
    });
    expect(steps?.map(([name]) => name)).toEqual([
      'generate',
      'chooseKeywords',
      'searchKnowledge',
      'rankHits',
      'groundAnswer',
      'generate',
    ]);
    for (const [, summary] of steps ?? []) expect(summary?.length).toBeGreaterThan(4);
  });

  it('names sources that fail, and uses the others', async () => {
    const { modelId } = await startModel('At nine [1].');
    const provider = {
      name: 'broken',
      search: () => Promise.reject(new WebSearchError('refused', 'broken takes no requests.')),
    };
    await stack.startRetrievalWorker(dependencies({ providers: [provider] }));
    // The client refuses a name that does not exist; one may be deleted between.
    const answer = await stack.client.temporal.workflow.execute('answerWithSourcesWorkflow', {
      workflowId: stack.newId('answer'),
      taskQueue: 'colloquy/sessions',
      args: [
        {
          answerId: stack.newId('answer'),
          question: 'When does the library open?',
          modelId,
          sources: { knowledgeBases: ['gone', 'docs'], web: true },
        },
      ],
    });
    expect(answer).toMatchObject({ grounded: true, text: 'At nine [1].' });
    expect(answer).toMatchObject({
      failures: [
        { source: 'gone', reason: expect.stringContaining('"gone"') as string },
        { source: 'web', reason: 'broken takes no requests.' },
      ],
    });
    await expect(stack.client.ask('When?', { modelId, sources: { knowledgeBases: ['docz'] } })).rejects.toThrow(
      /no knowledge base "docz"\. Existing ones: docs, empty, hostile/u,
    );
  });

  it('is answered by the draft, marked so, when nothing is found', async () => {
    const { modelId, requests } = await startModel('never said');
    await stack.startRetrievalWorker(dependencies());
    const answer = await stack.client.ask('When does the library open?', {
      modelId,
      sources: { knowledgeBases: ['empty'] },
    });
    expect(answer).toMatchObject({
      grounded: false,
      notice: 'no documents found',
      text: 'Perhaps at eight [1].',
      citations: [],
      sources: [],
    });
    expect(requests.some(isGrounded)).toBe(false);
  });

  it('is answered by saying that nothing was found, in its language, when all hits are weak', async () => {
    const { modelId, requests } = await startModel('It sails at six [1].', ['ferry']);
    await stack.startRetrievalWorker(judging(0.76));
    const ask = (question: string, sources: SourceSettings) => stack.client.ask(question, { modelId, sources });
    const sources = { knowledgeBases: ['near'] };
    const refused = { grounded: false, notice: 'only weak hits', citations: [], sources: [], finishReason: 'stop' };
    expect(await ask('When does the ferry to Ostrava sail?', sources)).toMatchObject({
      ...refused,
      text: 'Nothing was found in near that answers this question.',
    });
    expect(requests.some(isGrounded)).toBe(false);
    // Hits that cannot be judged are used.
    expect(await ask('When does the ferry to Ostrava sail?', { knowledgeBases: ['near', 'docs'] })).not.toHaveProperty(
      'notice',
      'only weak hits',
    );
    const used = await ask('When does the ferry to Ostrava sail?', { ...sources, weakHits: 'use' });
    expect(used.sources.length).toBeGreaterThan(0);
    expect(requests.some(isGrounded)).toBe(true);
  });

  it('is answered by the model when a hit is near', async () => {
    const { modelId } = await startModel('It opens at nine [1].');
    await stack.startRetrievalWorker(judging(0.9));
    const sources = { knowledgeBases: ['near'] };
    const answer = await stack.client.ask('When does the library open on weekdays?', { modelId, sources });
    expect(answer).toMatchObject({ grounded: true, text: 'It opens at nine [1].' });
  });

  it('is answered from pages of the web, cut and ranked', async () => {
    const { modelId } = await startModel('At nine [1].');
    const url = 'https://library.example/hours';
    const filler = Array.from({ length: 40 }, (_, index) => `Paragraph ${index} tells of other things entirely.`);
    const text = [...filler, 'The library opens at nine on weekdays.'].join('\n\n');
    await stack.startRetrievalWorker({
      ...dependencies({
        providers: [{ name: 'found', search: () => Promise.resolve([{ url, title: 'Hours', snippet: 'x' }]) }],
        pages: {
          read: () =>
            Promise.resolve({
              url,
              contentHash: 'h',
              document: { title: 'Hours', mediaType: 'text/html', text, headings: [] },
            }),
        },
      }),
    });
    const answer = await stack.client.ask('When does the library open?', { modelId, sources: { web: true } });
    expect(answer.citations[0]).toMatchObject({ uri: url, knowledgeBase: 'web', number: 1 });
    expect(answer.sources[0]?.text).toContain('opens at nine');
    // Ranked by its words alone, then.
    expect(answer.failures).toEqual([{ source: 'web: vector', reason: 'No model here embeds.' }]);
  });

  it('is told hostile documents as data, and cites none that do not exist', async () => {
    const told = 'The instructions of the library [1], [2], [3], [4], [42] and [0].';
    const { modelId, requests } = await startModel(told, ['library', 'instructions']);
    await stack.startRetrievalWorker(dependencies());
    const answer = await stack.client.ask('What do the instructions of the library say? 图书馆', {
      modelId,
      sources: { knowledgeBases: ['hostile'] },
    });
    const numbers = answer.sources.map(({ number }) => number);
    expect(numbers.length).toBeGreaterThan(0);
    expect(answer.text).toBe(told);
    for (const { number, marks } of answer.citations) {
      expect(numbers).toContain(number);
      expect(marks.map(({ start, end }) => told.slice(start, end))).toEqual([`[${number}]`]);
    }
    const lines = textOf(requests.find(isGrounded) as GenerateRequest).split('\n');
    const end = lines.lastIndexOf('End of the sources.');
    for (const line of lines.slice(1, end)) expect(line).toMatch(/^(?:\| |\|$|\[\d+\]$)/u);
  });
});

describe('a session with sources', () => {
  it('keeps them with its turns, and goes on as others do', async () => {
    const { modelId, requests } = await startModel('At nine [1], not [5].');
    await stack.startRetrievalWorker(dependencies());
    const session = await stack.client.startSession({ modelId, sources: { knowledgeBases: ['docs'] } });
    const pieces: string[] = [];
    const first = await session.send('When does the library open?', { onText: (text) => pieces.push(text) });
    expect(first.text).toBe('At nine [1], not [5].');
    expect(pieces.join('')).toBe(first.text);
    expect(first.sources).toMatchObject({ grounded: true, citations: [{ uri: '/manuals/guide.md' }] });

    await session.changeSettings({ sources: {} });
    const second = await session.send('Thank you');
    expect(second.sources).toBeUndefined();
    // Later prompts tell what was said, not what was read.
    expect(requests.at(-1)?.prompt).toMatchObject({
      messages: [
        { role: 'user', text: 'When does the library open?' },
        { role: 'assistant', text: first.text },
        { role: 'user', text: 'Thank you' },
      ],
    });
    const { messages, settings } = await session.transcript();
    expect(messages[1]?.sources?.citations).toHaveLength(1);
    expect(messages[1]?.sources?.sources[0]).not.toHaveProperty('text');
    const exported = exportSession({
      sessionId: session.sessionId,
      settings,
      head: 2,
      turns: await session.turns(),
    });
    expect(sessionMarkdown(exported)).toContain('[1] Guide › Guide › Hours, guide.md');
    await expect(session.changeSettings({ sources: { knowledgeBases: ['No Name'] } })).rejects.toThrow(/No Name/u);
    await session.end();
  });

  it('stops while it looks for sources', async () => {
    const { modelId } = await startModel('never said');
    // Nobody searches.
    const session = await stack.client.startSession({ modelId, sources: { knowledgeBases: ['docs'] } });
    const stop = new AbortController();
    const sending = session.send('When does the library open?', { signal: stop.signal });
    setTimeout(() => stop.abort(), 1500);
    await expect(sending).rejects.toMatchObject({ type: 'TurnCancelled' });
  });
});
