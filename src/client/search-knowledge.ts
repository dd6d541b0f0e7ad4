import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { searchRequestSchema } from '../domain/knowledge/retrieval.js';
import type { SearchRequest, SearchResult } from '../domain/knowledge/retrieval.js';
import { SEARCH_ACTIVITY } from '../domain/knowledge/search-activity.js';
import { SESSIONS_TASK_QUEUE } from '../domain/task-queues.js';
import { excerpt } from '../domain/text.js';
import type { searchKnowledgeWorkflow } from '../workflows/knowledge/knowledge-bases.js';
import { checkRequest } from './check-requests.js';
import { hasCode, UNIMPLEMENTED } from './to-colloquy-error.js';

/** In `RetrievalActivities`, which the client may not import. */
const SEARCH_ACTIVITY_NAME = 'searchKnowledge';

/** Throws what Temporal's client throws, and `ColloquyError` of type `InvalidRequest`. */
export type SearchKnowledge = (request: SearchRequest) => Promise<SearchResult>;

/**
 * Searches by an activity without a workflow around it, which takes a third of the time or less: the server schedules one task rather than
 * three. Older servers, and those where it is switched off, have only workflows, which do the same.
 */
export function createSearchKnowledge(client: Client): SearchKnowledge {
  let needsWorkflow = false;

  function byActivity(request: SearchRequest): Promise<SearchResult> {
    return client.activity.execute<SearchResult>(SEARCH_ACTIVITY_NAME, {
      ...SEARCH_ACTIVITY,
      id: newId(),
      summary: summaryOf(request),
      args: [request],
    });
  }

  function byWorkflow(request: SearchRequest): Promise<SearchResult> {
    return client.workflow.execute<typeof searchKnowledgeWorkflow>('searchKnowledgeWorkflow', {
      taskQueue: SESSIONS_TASK_QUEUE,
      workflowId: newId(),
      staticSummary: summaryOf(request),
      workflowExecutionTimeout: '30 minutes',
      args: [request],
    });
  }

  return async (request) => {
    checkRequest(searchRequestSchema, request);
    if (needsWorkflow) return byWorkflow(request);
    try {
      return await byActivity(request);
    } catch (error) {
      if (!hasCode(error, UNIMPLEMENTED)) throw error;
      needsWorkflow = true;
      return byWorkflow(request);
    }
  };
}

function newId(): string {
  return `knowledge/${randomUUID()}`;
}

function summaryOf({ query }: SearchRequest): string {
  return `Search: ${excerpt(query, 150)}`;
}
