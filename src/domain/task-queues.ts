/** Task queues. Workflows share one queue; each model and the archive have their own. */
export const SESSIONS_TASK_QUEUE = 'colloquy/sessions';

/** Closed turns go here, and come from here. */
export const ARCHIVE_TASK_QUEUE = 'colloquy/archive';

/** Calls of tools, whichever session and model they are for. */
export const TOOLS_TASK_QUEUE = 'colloquy/tools';

/** Searches, of knowledge bases and of the web. */
export const RETRIEVAL_TASK_QUEUE = 'colloquy/retrieval';

/** Documents to read into knowledge bases. Apart from searches, which must not wait for this long work. */
export const INGESTION_TASK_QUEUE = 'colloquy/ingestion';

export function modelTaskQueue(modelId: string): string {
  return `colloquy/models/${modelId}`;
}

/** Of one worker of the model: sessions whose state it holds come back to it. */
export function workerTaskQueue(modelId: string, workerName: string): string {
  return `${modelTaskQueue(modelId)}/${workerName}`;
}
