import { proxyActivities } from '@temporalio/workflow';
import type { RetrievalActivities } from '../../activities/knowledge/retrieval.js';
import { MAX_SEARCHED } from '../../domain/answer/answer-sources.js';
import { MAX_FOUND_PASSAGES } from '../../domain/panel/found-documents.js';
import type { SearchHit } from '../../domain/knowledge/retrieval.js';
import { RETRIEVAL_TASK_QUEUE } from '../../domain/task-queues.js';
import { bothEnds, excerpt } from '../../domain/text.js';

const { searchKnowledge } = proxyActivities<RetrievalActivities>({
  taskQueue: RETRIEVAL_TASK_QUEUE,
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout: '15 seconds',
  retry: { initialInterval: '500 milliseconds', maximumInterval: '5 seconds', maximumAttempts: 6 },
});

/** Searches the knowledge bases of an expert for a question; no hits if all are too weak to answer it. Fails with the types of `searchKnowledge`, such as `Retrieval.NotFound`. */
export async function searchForExpert(
  question: string,
  knowledgeBases: readonly string[],
): Promise<readonly SearchHit[]> {
  const query = bothEnds(question, MAX_SEARCHED);
  const request = { query, knowledgeBases, limit: MAX_FOUND_PASSAGES, questions: [query] };
  const summary = `${knowledgeBases.join(', ')}: ${excerpt(question, 120)}`;
  const { hits, isWeak } = await searchKnowledge.executeWithOptions({ summary }, [request]);
  return isWeak === true ? [] : hits;
}
