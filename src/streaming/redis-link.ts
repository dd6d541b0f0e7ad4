import { setTimeout as sleep } from 'node:timers/promises';
import type { createClient } from 'redis';

const FIRST_BACKOFF_MS = 50;
const LAST_BACKOFF_MS = 2_000;
/** A connection that lasted this long counts as healthy; after its loss, the next attempt follows at once. */
const HEALTHY_MS = 5_000;
/** Time limit of connecting, including TLS and authentication. */
const CONNECT_LIMIT_MS = 5_000;
/** Time limit of commands that do not block; a slower Redis counts as gone. */
const REPLY_LIMIT_MS = 3_000;

/** One connection, as long as it lasts. */
export interface RedisConnection {
  /**
   * Sends all commands at once and waits for the replies, in the same order.
   *
   * @param options.blockMs how long Redis is asked to wait before it replies
   * @throws Error if Redis refuses a command, does not reply in time, or the connection is lost
   */
  send(commands: readonly (readonly string[])[], options?: { readonly blockMs?: number }): Promise<unknown[]>;
}

export interface RedisLinkOptions {
  readonly url: string;
  readonly createClient: typeof createClient;
  /** Uses a connection until `signal` aborts. A normal return ends its use; an error counts as a loss of the connection. */
  readonly use: (connection: RedisConnection, signal: AbortSignal) => Promise<void>;
  readonly onUp: () => void;
  /** Called for every failed attempt. */
  readonly onDown: (reason: string) => void;
}

/** Maintains one connection to Redis and replaces it if it is lost or silent. No method throws. */
export class RedisLink {
  private readonly closing = new AbortController();
  private running: Promise<void> | undefined;
  private giveUp = (): void => {};

  constructor(private readonly options: RedisLinkOptions) {}

  /** Starts to maintain a connection whenever Redis can be reached. */
  start(): void {
    if (!this.closing.signal.aborted) this.running ??= this.run();
  }

  /** Gives `use` this much time to return, then cuts the connection. */
  async close(limitMs: number): Promise<void> {
    this.closing.abort();
    const limit = setTimeout(() => this.giveUp(), limitMs);
    await this.running;
    clearTimeout(limit);
  }

  private async run(): Promise<void> {
    let backoffMs = FIRST_BACKOFF_MS;
    while (!this.closing.signal.aborted) {
      const since = Date.now();
      const failure = await this.serveOneConnection();
      if (this.closing.signal.aborted) break;
      this.options.onDown(failure);
      backoffMs = Date.now() - since >= HEALTHY_MS ? FIRST_BACKOFF_MS : Math.min(backoffMs * 2, LAST_BACKOFF_MS);
      await sleep(backoffMs, undefined, { signal: this.closing.signal }).catch(() => {});
    }
  }

  /** Returns why the connection was lost or could not be made. */
  private async serveOneConnection(): Promise<string> {
    const { createClient: create, url, use, onUp } = this.options;
    const client = create({
      url,
      // Every Redis since 5 supports version 2 of the protocol.
      RESP: 2,
      disableClientInfo: true,
      // This class reconnects itself, because a new connection starts by sending what the old one may have lost.
      socket: { reconnectStrategy: false, connectTimeout: CONNECT_LIMIT_MS },
    });
    const lost = new AbortController();
    const loss = new Promise<never>((_, reject) => {
      client.on('error', reject);
      this.giveUp = () => reject(new Error('closed'));
    });
    // It is also of interest while nobody awaits it.
    loss.catch(() => lost.abort());
    const connection: RedisConnection = {
      async send(commands, { blockMs = 0 } = {}) {
        const replies = Promise.all(commands.map((command) => client.sendCommand(command)));
        return Promise.race([within(blockMs + REPLY_LIMIT_MS, replies), loss]);
      },
    };
    let using: Promise<void> | undefined;
    try {
      await Promise.race([within(CONNECT_LIMIT_MS, client.connect()), loss]);
      onUp();
      using = use(connection, lost.signal);
      await Promise.race([using, loss]);
      return 'the connection was closed';
    } catch (error) {
      return describe(error);
    } finally {
      lost.abort();
      client.destroy();
      // The next connection must not be used at the same time as this one.
      await using?.catch(() => {});
    }
  }
}

/** @throws Error if it takes longer; its later outcome is then ignored. */
async function within<T>(limitMs: number, action: Promise<T>): Promise<T> {
  let limit: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      action,
      new Promise<never>((_, reject) => {
        limit = setTimeout(() => reject(new Error(`no reply within ${limitMs / 1000} s`)), limitMs);
      }),
    ]);
  } finally {
    clearTimeout(limit);
    action.catch(() => {});
  }
}

/** An error for several addresses of one host has no message of its own. */
function describe(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(describe).join(', ');
  return error instanceof Error ? error.message : String(error);
}
