import { proxyActivities } from '@temporalio/workflow';
import type { KnowledgeBaseActivities } from '../../activities/knowledge/knowledge-bases.js';
import type { RetrievalActivities } from '../../activities/knowledge/retrieval.js';
import type { SearchRequest, SearchResult } from '../../domain/knowledge/retrieval.js';
import { SEARCH_ACTIVITY } from '../../domain/knowledge/search-activity.js';
import { RETRIEVAL_TASK_QUEUE } from '../../domain/task-queues.js';

/** Workflows for clients that can reach only Temporal. Each runs one activity, and a user waits for it. */
type Input<Name extends keyof KnowledgeBaseActivities> = Parameters<KnowledgeBaseActivities[Name]>[0];
type Output<Name extends keyof KnowledgeBaseActivities> = ReturnType<KnowledgeBaseActivities[Name]>;

const waited = {
  taskQueue: RETRIEVAL_TASK_QUEUE,
  heartbeatTimeout: '15 seconds',
  retry: { initialInterval: '500 milliseconds', maximumInterval: '5 seconds' },
} as const;

const knowledge = proxyActivities<KnowledgeBaseActivities & RetrievalActivities>({
  ...waited,
  startToCloseTimeout: '1 minute',
  // It is better to report that the database is unavailable than to wait for it forever.
  scheduleToCloseTimeout: '1 minute',
});

const { createKnowledgeBase } = proxyActivities<KnowledgeBaseActivities>({
  ...waited,
  // The embedding model may have to be fetched.
  startToCloseTimeout: '20 minutes',
  scheduleToCloseTimeout: '20 minutes',
  retry: { ...waited.retry, maximumAttempts: 3 },
});

const { searchKnowledge } = proxyActivities<RetrievalActivities>(SEARCH_ACTIVITY);

export async function createKnowledgeBaseWorkflow(input: Input<'createKnowledgeBase'>): Output<'createKnowledgeBase'> {
  return createKnowledgeBase(input);
}

export async function listKnowledgeBasesWorkflow(): Output<'listKnowledgeBases'> {
  return knowledge.listKnowledgeBases();
}

export async function listDocumentsWorkflow(input: Input<'listDocuments'>): Output<'listDocuments'> {
  return knowledge.listDocuments(input);
}

export async function removeDocumentWorkflow(input: Input<'removeDocument'>): Output<'removeDocument'> {
  return knowledge.removeDocument(input);
}

export async function deleteKnowledgeBaseWorkflow(input: Input<'deleteKnowledgeBase'>): Output<'deleteKnowledgeBase'> {
  return knowledge.deleteKnowledgeBase(input);
}

/** For servers that run no activities without a workflow: see `client/search-knowledge.ts`. */
export async function searchKnowledgeWorkflow(request: SearchRequest): Promise<SearchResult> {
  return searchKnowledge.executeWithOptions({ summary: 'Search' }, [request]);
}
