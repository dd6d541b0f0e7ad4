import { RETRIEVAL_TASK_QUEUE } from '../task-queues.js';

/** Options of a search of knowledge bases that a caller waits for, in a workflow or without one. */
export const SEARCH_ACTIVITY = {
  taskQueue: RETRIEVAL_TASK_QUEUE,
  heartbeatTimeout: '15 seconds',
  // The embedding model may have to be downloaded, if this data folder is not the one in which the knowledge base was made.
  startToCloseTimeout: '10 minutes',
  scheduleToCloseTimeout: '10 minutes',
  retry: { initialInterval: '500 milliseconds', maximumInterval: '5 seconds', maximumAttempts: 4 },
} as const;
