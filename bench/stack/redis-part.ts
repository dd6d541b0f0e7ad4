import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, startRedis } from '../../test/support/redis-server.js';
import type { RedisServer } from '../../test/support/redis-server.js';

const RESTART_MS = 500;

/** A Redis that comes back, empty, at the same port when it was killed. */
export interface RedisPart {
  readonly url: string;
  isRunning(): boolean;
  /** As a crash does. It is started again half a second later. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export async function startRedisPart(): Promise<RedisPart> {
  const port = await freePort();
  let server: RedisServer | undefined = await startRedis({ port });
  const { url } = server;
  let stopped = false;
  let coming: Promise<void> = Promise.resolve();
  const end = async (): Promise<void> => {
    const running = server;
    server = undefined;
    await running?.kill();
  };
  return {
    url,
    isRunning: () => server !== undefined,
    async kill() {
      await end();
      coming = (async () => {
        await sleep(RESTART_MS);
        if (!stopped) server = await startRedis({ port });
      })();
      coming.catch(() => undefined);
    },
    async stop() {
      stopped = true;
      await coming.catch(() => undefined);
      await end();
    },
  };
}
