import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { resolveHome } from '../../src/artefacts/home.js';
import type { KnowledgeClient } from '../../src/client/knowledge-client.js';
import { readConfig } from '../../src/config.js';
import { connectDatabase } from '../../src/database/connect-database.js';
import type { EmbeddingModel } from '../../src/inference/embedding-model.js';
import { createKnowledgeStore } from '../../src/retrieval/store/create-knowledge-store.js';
import type { KnowledgeStore } from '../../src/retrieval/store/knowledge-store.js';
import { createPageReader } from '../../src/retrieval/web/page-reader.js';
import { openEmbeddingModel } from '../../src/models/open-embedding-model.js';
import { SEARCH_TERMS } from '../../src/workers/open-retrieval.js';
import type { BenchOptions } from '../bench-row.js';
import { startBenchServer } from '../bench-server.js';
import { serveDatabase } from './served-database.js';

/**
 * What reads documents and searches, as users have it: the embedded database and the embedding model in processes of their own, and a
 * Temporal server that holds all in memory. The workers are in this process.
 */
export interface RetrievalStack {
  readonly knowledge: KnowledgeClient;
  readonly store: KnowledgeStore;
  readonly model: EmbeddingModel;
  readonly env: TestWorkflowEnvironment;
  /** For files; removed at the end. */
  readonly folder: string;
  close(): Promise<void>;
}

export async function startRetrievalStack(options: BenchOptions): Promise<RetrievalStack> {
  const { onNotice, signal } = options;
  const closing: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (const step of closing.toReversed()) await step();
  };
  try {
    const folder = mkdtempSync(join(tmpdir(), 'colloquy-bench-'));
    closing.push(() => rmSync(folder, { recursive: true, force: true }));
    const config = readConfig(process.env);
    const home = resolveHome(process.env);
    const model = await openEmbeddingModel(config.embeddingModel, {
      config,
      home,
      fetching: { home, signal, onNotice, onProgress: () => undefined, env: process.env },
      onNotice,
      countsNow: true,
    });
    closing.push(() => model.dispose());
    const served = await serveDatabase();
    closing.push(() => served.stop());
    const database = connectDatabase({ socketPath: served.socketPath }, { connectTimeoutMs: 60_000 });
    closing.push(() => database.close());
    const store = createKnowledgeStore(database, SEARCH_TERMS);
    const { env, sessions } = await startBenchServer(options);
    closing.push(
      () => env.teardown(),
      () => sessions.close(),
    );
    await sessions.startRetrievalWorker({
      store,
      embeddingModel: () => Promise.resolve(model),
      reranker: () => Promise.resolve(undefined),
      web: { providers: [], pages: createPageReader({ version: 'bench', parse: parseNothing }) },
    });
    return { knowledge: sessions.client.knowledge, store, model, env, folder, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function parseNothing(): Promise<never> {
  return Promise.reject(new Error('no page is read here'));
}
