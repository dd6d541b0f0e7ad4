import { RedisLink } from './redis-link.js';
import type { RedisConnection } from './redis-link.js';
import { redisKeys } from './redis-protocol.js';
import { RedisPublisher } from './redis-publisher.js';
import type { RedisExpiry } from './redis-publisher.js';
import { RedisReader } from './redis-reader.js';
import type { TokenStreamClient } from './socket-client.js';

/** An ended answer can be asked for by its message id for a minute, an abandoned one for a quarter of an hour. */
export const REDIS_EXPIRY: RedisExpiry = { endedExpiryMs: 60_000, silentExpiryMs: 900_000 };

/** How long `close` waits for Redis to accept published events. */
const FLUSH_LIMIT_MS = 500;

export interface RedisStreamOptions extends Partial<RedisExpiry> {
  /** Keeps deployments apart that share a Redis; best the Temporal namespace. Default: `default`. */
  readonly namespace?: string;
  /** Told once when Redis is lost or cannot be reached, once when it is back, and of entries that make no sense. */
  readonly onNotice?: (message: string) => void;
  /** Connects at once, so that a Redis that cannot be reached is told of at the start. Default: when it is first used. */
  readonly atOnce?: boolean;
}

/** The address is not one of a Redis. */
export class RedisUrlError extends Error {
  override readonly name = 'RedisUrlError';
}

/**
 * The token stream across machines, by Redis Streams (Redis 5 or later). There need not be a Redis yet: it is looked for until
 * `close`, at least every 2 seconds. Two connections at most, however many sessions are read: one that takes commands, and one that
 * waits for news.
 *
 * Publishing: while Redis is away, or slower than the writer, no event waits; when it is back it gets the text so far of each answer.
 * Subscribing: the iteration goes on when Redis is back, though it were empty, and ends by its signal or by `close` alone.
 *
 * @param url `redis://[[user]:password@]host[:port][/database]`, with `rediss://` for TLS
 * @throws {RedisUrlError}
 */
export async function connectRedisStream(url: string, options: RedisStreamOptions = {}): Promise<TokenStreamClient> {
  const address = addressOf(url);
  // Loaded here, so that users without Redis do not load its client.
  const { createClient } = await import('redis');
  const { namespace = 'default', onNotice = () => {}, endedExpiryMs, silentExpiryMs } = options;
  const expiry: RedisExpiry = {
    endedExpiryMs: endedExpiryMs ?? REDIS_EXPIRY.endedExpiryMs,
    silentExpiryMs: silentExpiryMs ?? REDIS_EXPIRY.silentExpiryMs,
  };
  const keys = redisKeys(namespace);

  const lost = new Set<string>();
  const link = (name: string, use: (connection: RedisConnection, signal: AbortSignal) => Promise<void>): RedisLink =>
    new RedisLink({
      url,
      createClient,
      use,
      onUp() {
        if (lost.delete(name) && lost.size === 0) onNotice(`Token stream: Redis at ${address} is back.`);
      },
      onDown(reason) {
        if (lost.size === 0) onNotice(`No live text for now: Redis at ${address}: ${reason}. Still trying.`);
        lost.add(name);
      },
    });

  const publisher = new RedisPublisher(keys, expiry);
  let commands: RedisConnection | undefined;
  const reader = new RedisReader({
    keys,
    limits: expiry,
    onNotice,
    sendAside(...asides) {
      // Where it fails the connection is lost, which its link sees to.
      void commands?.send(asides).catch(() => {});
      return commands !== undefined;
    },
  });
  const commandLink = link('commands', async (connection, signal) => {
    commands = connection;
    reader.refresh();
    try {
      await publisher.serve(connection, signal);
    } finally {
      commands = undefined;
    }
  });
  const readLink = link('reading', (connection, signal) => reader.serve(connection, signal));
  if (options.atOnce === true) {
    commandLink.start();
    // A worker asks rarely what was shown, but then somebody waits for the answer.
    readLink.start();
  }

  return {
    publish(sessionId, event) {
      publisher.publish(sessionId, event);
      commandLink.start();
    },
    subscribe(sessionId, subscription) {
      commandLink.start();
      readLink.start();
      return reader.subscribe(sessionId, subscription);
    },
    async close() {
      reader.close();
      publisher.end();
      await Promise.all([readLink.close(0), commandLink.close(FLUSH_LIMIT_MS)]);
    },
  };
}

/** Host and port, for messages: the rest may hold a password. */
function addressOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !['redis:', 'rediss:'].includes(parsed.protocol) || parsed.hostname === '') {
    throw new RedisUrlError(
      'This is not the address of a Redis. Give redis://[[user]:password@]host[:port][/database], or rediss:// for TLS.',
    );
  }
  return `${parsed.hostname}:${parsed.port === '' ? '6379' : parsed.port}`;
}
