import { RETRIEVAL_TASK_QUEUE } from '../task-queues.js';

/** How a search of knowledge bases that somebody waits for is run, within a workflow or without one. */
export const SEARCH_ACTIVITY = {
  taskQueue: RETRIEVAL_TASK_QUEUE,
  heartbeatTimeout: '15 seconds',
  // The embedding model may have to be fetched, in another data folder than the one that made the knowledge base.
  startToCloseTimeout: '10 minutes',
  scheduleToCloseTimeout: '10 minutes',
  retry: { initialInterval: '500 milliseconds', maximumInterval: '5 seconds', maximumAttempts: 4 },
} as const;
