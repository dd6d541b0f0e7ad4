import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connectDatabase } from '../../src/database/connect-database.js';
import { createKnowledgeStore } from '../../src/retrieval/store/create-knowledge-store.js';
import { createPageReader } from '../../src/retrieval/web/page-reader.js';
import { DEV_SERVER_SETTINGS } from '../../src/workers/stack/dev-server-settings.js';
import { SEARCH_TERMS } from '../../src/workers/open-retrieval.js';
import { createScriptedEmbedding } from '../support/scripted-embedding.js';
import { createSessionStack } from '../support/session-stack.js';
import type { SessionStack } from '../support/session-stack.js';
import { startTestServer } from '../support/temporal.js';
import { startEmbedded } from '../support/test-database.js';

const TIMEOUT = { timeout: 120_000 };

describe('a search by the client', () => {
  it('is an activity without a workflow, and its failures are told as ever', TIMEOUT, async () => {
    const { env, stack } = await start([]);
    const { knowledge } = stack.client;
    await knowledge.create('ships');
    expect(await knowledge.search({ query: 'tide', knowledgeBases: ['ships'] })).toEqual({ hits: [], failures: [] });
    expect(await searches(env)).toEqual({ activities: 1, workflows: 0 });

    await expect(knowledge.search({ query: 'tide', knowledgeBases: ['none'] })).rejects.toMatchObject({
      name: 'ColloquyError',
      type: 'Retrieval.NotFound',
      message: /^No knowledge base is named "none"\./u,
    });
    await expect(knowledge.search({ query: 'tide', knowledgeBases: ['ships'], limit: 0 })).rejects.toMatchObject({
      name: 'ColloquyError',
      type: 'InvalidRequest',
    });
  });

  it('is a workflow where the server runs no activities without one', TIMEOUT, async () => {
    const { env, stack } = await start(['activity.enableStandalone=false']);
    const { knowledge } = stack.client;
    await knowledge.create('ships');
    for (let times = 0; times < 2; times++) {
      expect(await knowledge.search({ query: 'tide', knowledgeBases: ['ships'] })).toEqual({ hits: [], failures: [] });
    }
    await expect.poll(() => searches(env)).toEqual({ activities: 0, workflows: 2 });
  });
});

async function start(settings: string[]): Promise<{ env: TestWorkflowEnvironment; stack: SessionStack }> {
  const env = await startTestServer({ settings: [...DEV_SERVER_SETTINGS, ...settings] });
  onTestFinished(() => env.teardown());
  const server = await startEmbedded();
  onTestFinished(() => server.stop());
  const database = connectDatabase(server.address);
  onTestFinished(() => database.close());
  const stack = createSessionStack(env);
  onTestFinished(() => stack.close());
  await stack.startSessionsWorker();
  await stack.startRetrievalWorker({
    store: createKnowledgeStore(database, SEARCH_TERMS),
    embeddingModel: () => Promise.resolve(createScriptedEmbedding('scripted')),
    reranker: () => Promise.resolve(undefined),
    web: { providers: [], pages: createPageReader({ version: 'test', parse: () => Promise.reject(new Error('no')) }) },
  });
  return { env, stack };
}

async function searches({ client }: TestWorkflowEnvironment): Promise<{ activities: number; workflows: number }> {
  const activities = await client.activity.count("ActivityType = 'searchKnowledge'").then(
    ({ count }) => count,
    // Where they are switched off, they cannot be counted either.
    () => 0,
  );
  const { count } = await client.workflow.count("WorkflowType = 'searchKnowledgeWorkflow'");
  return { activities, workflows: count };
}
