import { randomUUID } from 'node:crypto';
import type { RedisConnection } from './redis-link.js';
import { decodeEntry, foldHistory, rangeReply, readReply, type RedisEntry, type RedisKeys } from './redis-protocol.js';
import { TokenLog, type TokenLogLimits } from './token-log.js';
import type { StreamEvent, SubscribeOptions, TokenSubscriber } from './token-stream.js';

/** How long one blocking read lasts at most; shorter than what firewalls allow a silent connection. */
const BLOCK_MS = 5_000;
/** Maximum number of entries of one session in one reply, which bounds memory. */
const MAX_ENTRIES_READ = 512;
/** Sessions whose histories are read by one round trip. */
const MAX_HISTORIES_READ = 32;
const WAKE_EXPIRY_MS = 60_000;

/** A session with readers in this process. */
interface FollowedSession {
  readonly sessionId: string;
  /** The events received from Redis. All readers of this process read from here. */
  readonly log: TokenLog;
  /** Where to read on; undefined while it is not known what Redis has. */
  lastId: string | undefined;
  /** Opens when what Redis has is in the log for the first time. */
  readonly known: Gate;
  readers: number;
}

export interface RedisReaderOptions {
  readonly keys: RedisKeys;
  /** Of the logs that readers read from. */
  readonly limits?: Partial<TokenLogLimits>;
  /** Sends over another connection than the one that is blocked. @returns false while there is none */
  readonly sendAside: (...commands: string[][]) => boolean;
  /** Called once about malformed entries. */
  readonly onNotice: (message: string) => void;
}

/**
 * Reads for all readers of this process over one connection: a single blocking read waits for news of every session that is followed.
 * An iteration outlives the loss of Redis; what it gets after that joins what it got before, by offset.
 */
export class RedisReader implements TokenSubscriber {
  private readonly sessions = new Map<string, FollowedSession>();
  private readonly reading = new Set<AbortController>();
  private readonly wakeKey: string;
  /** Ends the wait for a first session, or for news from Redis. */
  private wake = (): void => {};
  private noticedMalformed = false;
  private isClosed = false;

  constructor(private readonly options: RedisReaderOptions) {
    this.wakeKey = options.keys.wake(randomUUID());
  }

  subscribe(sessionId: string, options: SubscribeOptions): AsyncIterable<StreamEvent> {
    const reading = new AbortController();
    const stop = (): void => reading.abort();
    options.signal.addEventListener('abort', stop, { once: true });
    if (options.signal.aborted || this.isClosed) stop();
    const events = this.open(sessionId, { ...options, signal: reading.signal }, () => {
      options.signal.removeEventListener('abort', stop);
      this.reading.delete(reading);
    });
    if (!reading.signal.aborted) this.reading.add(reading);
    const done = { done: true, value: undefined } as const;
    return {
      [Symbol.asyncIterator]: () => ({
        next: async () => (await events)?.next() ?? done,
        async return() {
          stop();
          return done;
        },
      }),
    };
  }

  /** Looks whether there is a session that the read under way does not know. Call it when `sendAside` can send again. */
  refresh(): void {
    this.wake();
  }

  /** Ends all iterations of readers. */
  close(): void {
    this.isClosed = true;
    for (const reading of this.reading) reading.abort();
    this.wake();
  }

  /** Reads until `signal` aborts. @throws what the connection throws */
  async serve(connection: RedisConnection, signal: AbortSignal): Promise<void> {
    // Redis may have lost what it had; what it has now is not where reading stopped.
    for (const session of this.sessions.values()) session.lastId = undefined;
    let wakeId = '0';
    const onLoss = (): void => this.wake();
    signal.addEventListener('abort', onLoss, { once: true });
    while (!signal.aborted && !this.isClosed) {
      if (this.sessions.size === 0) {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
        continue;
      }
      await this.loadHistories(connection);
      const sessions = [...this.sessions.values()];
      // Those that are left, and those that came meanwhile, are loaded first.
      if (sessions.some(({ lastId }) => lastId === undefined)) continue;
      this.wake = () => this.wakeRedis();
      const news = readReply.parse(
        await this.read(connection, [
          [this.wakeKey, wakeId],
          ...sessions.map(({ sessionId, lastId }) => [this.options.keys.session(sessionId), lastId ?? '0'] as const),
        ]),
      );
      this.wake = () => {};
      for (const [key, entries] of news ?? []) {
        if (key === this.wakeKey) wakeId = entries.at(-1)?.[0] ?? wakeId;
      }
      const byKey = new Map(news);
      for (const session of sessions) this.take(session, byKey.get(this.options.keys.session(session.sessionId)) ?? []);
    }
  }

  private async open(
    sessionId: string,
    options: SubscribeOptions,
    onEnd: () => void,
  ): Promise<AsyncIterator<StreamEvent> | undefined> {
    const { signal } = options;
    if (signal.aborted) {
      onEnd();
      return undefined;
    }
    const session = this.follow(sessionId);
    const ended = new Promise<void>((resolve) => {
      const onAbort = (): void => {
        this.unfollow(session);
        onEnd();
        resolve();
      };
      signal.addEventListener('abort', onAbort, { once: true });
    });
    await Promise.race([session.known.opened, ended]);
    return session.log.subscribe(sessionId, options)[Symbol.asyncIterator]();
  }

  private follow(sessionId: string): FollowedSession {
    const followed = this.sessions.get(sessionId);
    if (followed !== undefined) {
      followed.readers++;
      return followed;
    }
    const log = new TokenLog({ limits: this.options.limits });
    const session: FollowedSession = { sessionId, log, lastId: undefined, known: createGate(), readers: 1 };
    this.sessions.set(sessionId, session);
    this.wake();
    return session;
  }

  private unfollow(session: FollowedSession): void {
    if (--session.readers === 0) this.sessions.delete(session.sessionId);
  }

  private async loadHistories(connection: RedisConnection): Promise<void> {
    const unknown = [...this.sessions.values()]
      .filter(({ lastId }) => lastId === undefined)
      .slice(0, MAX_HISTORIES_READ);
    const replies = await connection.send(
      unknown.map(({ sessionId }) => ['XRANGE', this.options.keys.session(sessionId), '-', '+']),
    );
    for (const [index, session] of unknown.entries()) {
      const entries = rangeReply.parse(replies[index]);
      session.lastId = entries.at(-1)?.[0] ?? '0';
      for (const event of foldHistory(this.decode(entries))) session.log.publish(session.sessionId, event);
      session.known.open();
    }
  }

  private async read(connection: RedisConnection, from: readonly (readonly [string, string])[]): Promise<unknown> {
    const command = ['XREAD', 'COUNT', String(MAX_ENTRIES_READ), 'BLOCK', String(BLOCK_MS), 'STREAMS'];
    const keys = from.map(([key]) => key);
    const ids = from.map(([, id]) => id);
    const [reply] = await connection.send([[...command, ...keys, ...ids]], { blockMs: BLOCK_MS });
    return reply;
  }

  private take(session: FollowedSession, entries: readonly RedisEntry[]): void {
    session.lastId = entries.at(-1)?.[0] ?? session.lastId;
    for (const event of this.decode(entries)) session.log.publish(session.sessionId, event);
  }

  private decode(entries: readonly RedisEntry[]): StreamEvent[] {
    return entries.flatMap((entry) => {
      const event = decodeEntry(entry);
      if (event !== undefined) return [event];
      if (!this.noticedMalformed)
        this.options.onNotice(
          'The token stream in Redis has an entry that is not an event; ignored, as is all of that kind.',
        );
      this.noticedMalformed = true;
      return [];
    });
  }

  /** The blocked connection takes no command: an entry that it waits for, sent over another, makes it return. */
  private wakeRedis(): void {
    const isSent = this.options.sendAside(
      ['XADD', this.wakeKey, 'MAXLEN', '=', '1', '*', 'w', ''],
      ['PEXPIRE', this.wakeKey, String(WAKE_EXPIRY_MS)],
    );
    if (isSent) this.wake = () => {};
  }
}

interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

function createGate(): Gate {
  let open: (() => void) | undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open?.() };
}
