/** Task queues. Workflows share one queue; each model and the archive have their own. */
export const SESSIONS_TASK_QUEUE = 'colloquy/sessions';

/** Queue for writing closed turns to the archive and reading them. */
export const ARCHIVE_TASK_QUEUE = 'colloquy/archive';

/** Queue for tool calls of all sessions and models. */
export const TOOLS_TASK_QUEUE = 'colloquy/tools';

/** Queue for searches of knowledge bases and the web. */
export const RETRIEVAL_TASK_QUEUE = 'colloquy/retrieval';

/** Queue for reading documents into knowledge bases. It is separate from searches, which must not wait for this long work. */
export const INGESTION_TASK_QUEUE = 'colloquy/ingestion';

export function modelTaskQueue(modelId: string): string {
  return `colloquy/models/${modelId}`;
}

/** Queue of one worker of the model. Sessions whose state this worker holds use it. */
export function workerTaskQueue(modelId: string, workerName: string): string {
  return `${modelTaskQueue(modelId)}/${workerName}`;
}
