/** Where each kind of work waits. Workflows run on one queue; each model has a queue of its own, and so has the archive. */
export const SESSIONS_TASK_QUEUE = 'colloquy/sessions';

/** Activities on the database of transcripts. */
export const ARCHIVE_TASK_QUEUE = 'colloquy/archive';

export function modelTaskQueue(modelId: string): string {
  return `colloquy/models/${modelId}`;
}
