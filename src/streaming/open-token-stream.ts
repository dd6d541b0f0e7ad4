import { connectRedisStream, RedisUrlError } from './redis-stream.js';
import { connectTokenStream } from './socket-client.js';
import type { TokenStreamClient } from './socket-client.js';

export interface OpenTokenStreamOptions {
  /** Of a Redis that carries the stream across machines. Without it the stream goes over the socket, within this machine. */
  readonly redisUrl: string | undefined;
  /** Temporal's. */
  readonly namespace: string;
  readonly socketPath: string;
  /** Told when there is no live text although a Redis was asked for. A socket that nobody serves is no fault: answers come whole. */
  readonly onNotice: (message: string) => void;
  /** Connects to Redis at once, so that one that cannot be reached is told of at the start. */
  readonly atOnce?: boolean;
}

/** The token stream that the settings ask for. Never throws: the stream is for eyes, and work goes on without it. */
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
