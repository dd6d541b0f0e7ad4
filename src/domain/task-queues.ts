/** Where each kind of work waits. Workflows run on one queue; each model has a queue of its own, and so has the archive. */
export const SESSIONS_TASK_QUEUE = 'colloquy/sessions';

/** Closed turns go here, and come from here. */
export const ARCHIVE_TASK_QUEUE = 'colloquy/archive';

/** Calls of tools, whichever session and model they are for. */
export const TOOLS_TASK_QUEUE = 'colloquy/tools';

/** Searches, of knowledge bases and of the web. */
export const RETRIEVAL_TASK_QUEUE = 'colloquy/retrieval';

/** Documents that are read into knowledge bases: long work, that no search is to wait for. */
export const INGESTION_TASK_QUEUE = 'colloquy/ingestion';

export function modelTaskQueue(modelId: string): string {
  return `colloquy/models/${modelId}`;
}

/** Of one worker of the model: sessions whose state it holds come back to it. */
export function workerTaskQueue(modelId: string, workerName: string): string {
  return `${modelTaskQueue(modelId)}/${workerName}`;
}
