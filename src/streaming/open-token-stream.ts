import { connectRedisStream, RedisUrlError } from './redis-stream.js';
import { connectTokenStream } from './socket-client.js';
import type { TokenStreamClient } from './socket-client.js';

export interface OpenTokenStreamOptions {
  /** URL of a Redis that carries the stream across machines. Without it, the stream stays within this machine, on the socket. */
  readonly redisUrl: string | undefined;
  /** Temporal's. */
  readonly namespace: string;
  readonly socketPath: string;
  /** Called if a Redis is configured but live text is not available. A missing socket is not a fault: answers then arrive whole. */
  readonly onNotice: (message: string) => void;
  /** Connects to Redis at once, so that an unreachable one is reported at the start. */
  readonly atOnce?: boolean;
}

/** Opens the token stream of the settings. Never throws, because the stream is only for display, and work continues without it. */
export async function openTokenStream(options: OpenTokenStreamOptions): Promise<TokenStreamClient> {
  const { redisUrl, namespace, socketPath, onNotice, atOnce } = options;
  if (redisUrl === undefined) return connectTokenStream(socketPath);
  try {
    return await connectRedisStream(redisUrl, { namespace, onNotice, atOnce });
  } catch (error) {
    if (!(error instanceof RedisUrlError)) throw error;
    onNotice(`No live text, answers come whole: COLLOQUY_REDIS_URL is wrong. ${error.message}`);
    return NO_STREAM;
  }
}

const NO_STREAM: TokenStreamClient = {
  publish: () => {},
  // Ends at once.
  async *subscribe() {},
  close: async () => {},
};
