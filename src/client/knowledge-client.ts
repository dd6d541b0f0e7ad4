import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { faultOfIngestion, ingestionPrefix, ingestionWorkflowId } from '../domain/knowledge/ingestion.js';
import type { IngestionRequest } from '../domain/knowledge/ingestion.js';
import { faultOfKnowledgeBaseName } from '../domain/knowledge/retrieval.js';
import type { SearchRequest, SearchResult } from '../domain/knowledge/retrieval.js';
import { INGESTION_TASK_QUEUE, SESSIONS_TASK_QUEUE } from '../domain/task-queues.js';
import { excerpt } from '../domain/text.js';
import type { ingestDocumentsWorkflow } from '../workflows/knowledge/ingest-documents.js';
import type {
  createKnowledgeBaseWorkflow,
  deleteKnowledgeBaseWorkflow,
  listDocumentsWorkflow,
  listKnowledgeBasesWorkflow,
  removeDocumentWorkflow,
} from '../workflows/knowledge/knowledge-bases.js';
import { ColloquyError } from './colloquy-error.js';
import { isNotFound, toColloquyError } from './to-colloquy-error.js';
import { TASK_QUEUE_TYPE, hasPoller } from './has-poller.js';
import { createIngestionHandle } from './ingestion-handle.js';
import type { IngestionHandle } from './ingestion-handle.js';
import { toKnowledgeError } from './knowledge-error.js';
import { createSearchKnowledge } from './search-knowledge.js';

export type CreateKnowledgeBaseOptions = Omit<Parameters<typeof createKnowledgeBaseWorkflow>[0], 'name'>;
export type CreatedKnowledgeBase = Awaited<ReturnType<typeof createKnowledgeBaseWorkflow>>;
export type KnowledgeBase = CreatedKnowledgeBase['knowledgeBase'];
export type KnowledgeDocument = Awaited<ReturnType<typeof listDocumentsWorkflow>>[number];
export type ListDocumentsOptions = Omit<Parameters<typeof listDocumentsWorkflow>[0], 'name'>;

/** Knowledge bases, through the retrieval worker, because only that reaches the database. All methods throw `ColloquyError`. */
export interface KnowledgeClient {
  /** Leaves an existing one with the same embedding model unchanged. @throws `Retrieval.ModelMismatch`, `InvalidRequest` */
  create(name: string, options?: CreateKnowledgeBaseOptions): Promise<CreatedKnowledgeBase>;
  list(): Promise<readonly KnowledgeBase[]>;
  /** In order of URIs; at most a thousand. @throws `Retrieval.NotFound` */
  documents(name: string, options?: ListDocumentsOptions): Promise<readonly KnowledgeDocument[]>;
  /** @throws `Retrieval.NotFound`, `Retrieval.ModelMismatch`, `InvalidRequest` */
  search(request: SearchRequest): Promise<SearchResult>;
  /** Deletes the knowledge base with all its documents, and ends ingestions into it. */
  delete(name: string): Promise<{ readonly deleted: boolean }>;
  removeDocument(name: string, uri: string): Promise<{ readonly removed: boolean }>;
  /** Reads documents into it. If the same sources are already being read, returns that ingestion. @throws `InvalidRequest` */
  ingest(request: IngestionRequest): Promise<IngestionHandle>;
  /** The running ingestions. */
  ingestions(name: string): Promise<readonly IngestionHandle[]>;
  /** Whether a retrieval worker is running. */
  hasWorker(): Promise<boolean>;
}

export function createKnowledgeClient({
  client,
  address,
}: {
  readonly client: Client;
  readonly address: string;
}): KnowledgeClient {
  async function answered<Result>(executing: Promise<Result>): Promise<Result> {
    try {
      return await executing;
    } catch (error) {
      throw toKnowledgeError(error, { address });
    }
  }
  const { workflow } = client;
  const search = createSearchKnowledge(client);
  const ingestions = async (name: string): Promise<IngestionHandle[]> => {
    const query = `WorkflowType = 'ingestDocumentsWorkflow' AND ExecutionStatus = 'Running' AND WorkflowId STARTS_WITH '${ingestionPrefix(named(name))}'`;
    const handles: IngestionHandle[] = [];
    try {
      for await (const { workflowId } of client.workflow.list({ query })) {
        handles.push(createIngestionHandle(workflowId, { client, address, wasRunning: true }));
      }
    } catch (error) {
      throw toColloquyError(error, { address });
    }
    return handles;
  };
  return {
    create: async (name, options = {}) =>
      answered(
        workflow.execute<typeof createKnowledgeBaseWorkflow>('createKnowledgeBaseWorkflow', {
          ...asking(`Create knowledge base ${name}`),
          args: [{ ...options, name: named(name) }],
        }),
      ),
    list: () =>
      answered(
        workflow.execute<typeof listKnowledgeBasesWorkflow>(
          'listKnowledgeBasesWorkflow',
          asking('List knowledge bases'),
        ),
      ),
    documents: async (name, options = {}) =>
      answered(
        workflow.execute<typeof listDocumentsWorkflow>('listDocumentsWorkflow', {
          ...asking(`Documents of ${name}`),
          args: [{ ...options, name: named(name) }],
        }),
      ),
    search: async (request) => answered(search({ ...request, knowledgeBases: request.knowledgeBases.map(named) })),
    async delete(name) {
      for (const ingestion of await ingestions(name)) await ingestion.cancel();
      return answered(
        workflow.execute<typeof deleteKnowledgeBaseWorkflow>('deleteKnowledgeBaseWorkflow', {
          ...asking(`Delete knowledge base ${name}`),
          args: [{ name }],
        }),
      );
    },
    removeDocument: async (name, uri) =>
      answered(
        workflow.execute<typeof removeDocumentWorkflow>('removeDocumentWorkflow', {
          ...asking(`Remove ${excerpt(uri, 150)}`),
          args: [{ name: named(name), uri }],
        }),
      ),
    async ingest(request) {
      const fault = faultOfIngestion(request);
      if (fault !== undefined) throw new ColloquyError('InvalidRequest', fault);
      const { knowledgeBase, sources } = request;
      const workflowId = ingestionWorkflowId(request);
      try {
        const wasRunning = await isRunning(client, workflowId);
        await client.workflow.start<typeof ingestDocumentsWorkflow>('ingestDocumentsWorkflow', {
          taskQueue: SESSIONS_TASK_QUEUE,
          workflowId,
          args: [request],
          workflowIdConflictPolicy: 'USE_EXISTING',
          staticSummary: `Add documents to ${knowledgeBase}`,
          staticDetails: sources
            .slice(0, 10)
            .map((source) => excerpt(source, 200))
            .join('\n\n'),
        });
        return createIngestionHandle(workflowId, { client, address, wasRunning });
      } catch (error) {
        throw toColloquyError(error, { address });
      }
    },
    ingestions,
    async hasWorker() {
      try {
        return await hasPoller(client, INGESTION_TASK_QUEUE, TASK_QUEUE_TYPE.activity);
      } catch (error) {
        throw toColloquyError(error, { address });
      }
    },
  };
}

async function isRunning(client: Client, workflowId: string): Promise<boolean> {
  try {
    return (await client.workflow.getHandle(workflowId).describe()).status.name === 'RUNNING';
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

function asking(what: string) {
  return {
    taskQueue: SESSIONS_TASK_QUEUE,
    workflowId: `knowledge/${randomUUID()}`,
    staticSummary: what,
    workflowExecutionTimeout: '30 minutes' as const,
  };
}

function named(name: string): string {
  const fault = faultOfKnowledgeBaseName(name);
  if (fault !== undefined) throw new ColloquyError('InvalidRequest', fault);
  return name;
}
