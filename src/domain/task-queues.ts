/** Where each kind of work waits. Workflows run on one queue; each model has a queue of its own. */
export const SESSIONS_TASK_QUEUE = 'colloquy/sessions';

/** Calls of tools, whichever session and model they are for. */
export const TOOLS_TASK_QUEUE = 'colloquy/tools';

export function modelTaskQueue(modelId: string): string {
  return `colloquy/models/${modelId}`;
}
