import { createClient } from 'redis';
import type { RedisServer } from './redis-server.js';

/** Redis's own reply to one command, over a connection of its own. */
export async function askRedis({ url }: Pick<RedisServer, 'url'>, ...command: readonly string[]): Promise<unknown> {
  const client = createClient({ url, RESP: 2 });
  await client.connect();
  try {
    return await client.sendCommand(command);
  } finally {
    client.destroy();
  }
}
