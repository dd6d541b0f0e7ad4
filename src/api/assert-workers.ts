import type { ColloquyClient } from '../client/colloquy-client.js';
import { ColloquyError } from '../client/colloquy-error.js';

/** Fails at once if workers are missing. A turn would wait a day for them, which an HTTP caller does not. @throws {ColloquyError} `Model.Unavailable` */
export async function assertWorkers(client: ColloquyClient, modelId: string): Promise<void> {
  const missing = await client.missingWorkers(modelId);
  if (missing.length === 0) return;
  const what = missing.map((kind) => (kind === 'model' ? `the model "${modelId}"` : 'sessions')).join(' and ');
  throw new ColloquyError('Model.Unavailable', `No worker for ${what} is running. Start one, or ask again later.`);
}
