import type { SessionEvent } from './coalescing-queue.js';
import type { RedisConnection } from './redis-link.js';
import { encodeEvent, type RedisKeys } from './redis-protocol.js';
import { TOKEN_LOG_LIMITS, TokenLog } from './token-log.js';
import type { StreamEvent, TokenPublisher } from './token-stream.js';

/** Times after which Redis may forget a session's answers. */
export interface RedisExpiry {
  /** After the end of an answer. */
  readonly endedExpiryMs: number;
  /** After the last event of an answer that its writer abandoned. */
  readonly silentExpiryMs: number;
}

/** Approximate size of an entry in Redis besides its text, in characters. */
const ENTRY_COST = 128;
/** A session's stream begins anew, with the whole text so far, when it has grown by so much and twice the text. */
const MIN_GROWTH = 32_768;
/** For what no whole text can replace: an answer whose beginning this process does not know. */
const MAX_ENTRIES = 20_000;

type TextDelta = Extract<StreamEvent, { type: 'text-delta' | 'thinking-delta' }>;

/** What Redis has received of a session. */
interface SentAnswer {
  readonly messageId: string;
  /** Up to where text and thoughts are in Redis, in UTF-16 units. */
  readonly length: Readonly<Record<TextDelta['type'], number>>;
  /** What the session's stream has taken since it began anew. */
  growth: number;
  endIsThere: boolean;
}

/**
 * Writes to Redis what is published in this process, a batch at a time: what comes while one is on its way is the next, merged. So the
 * lag is one round trip when there is little to send, and when Redis is slow or away there is less to send, not more to keep.
 */
export class RedisPublisher implements TokenPublisher {
  /** What this process writes; Redis reads it as any slow reader would. */
  private readonly written = new TokenLog({ relay: true });
  /** In the order of their last entries, oldest first. */
  private readonly sent = new Map<string, SentAnswer>();
  private publications: { end(): void } | undefined;
  private closing = false;

  constructor(
    private readonly keys: RedisKeys,
    private readonly expiry: RedisExpiry,
  ) {}

  publish(sessionId: string, event: StreamEvent): void {
    this.written.publish(sessionId, event);
  }

  /** Sends until `signal` aborts; after `end` only what is there. @throws what the connection throws */
  async serve(connection: RedisConnection, signal: AbortSignal): Promise<void> {
    // Redis may have lost its data.
    for (const [sessionId, { endIsThere }] of this.sent) if (!endIsThere) this.sent.delete(sessionId);
    const publications = this.written.subscribeAll({ signal });
    this.publications = publications;
    // An answer that ended before the loss is left where it is: its session may be with another writer by now.
    const backlog = publications
      .takePending()
      .filter(({ sessionId, event }) => this.sent.get(sessionId)?.messageId !== event.messageId);
    if (this.closing) publications.end();
    if (backlog.length > 0) await this.deliver(connection, backlog);
    for await (const first of publications) await this.deliver(connection, [first, ...publications.takePending()]);
  }

  end(): void {
    this.closing = true;
    this.publications?.end();
  }

  private async deliver(connection: RedisConnection, batch: readonly SessionEvent[]): Promise<void> {
    const commands: string[][] = [];
    const touched = new Map<string, StreamEvent>();
    const complete = new Set<string>();
    for (const { sessionId, event } of batch) {
      touched.set(sessionId, event);
      // What else of it is in this batch came with the whole text.
      const delta = event.type === 'text-delta' || event.type === 'thinking-delta' ? event : undefined;
      if (delta !== undefined && complete.has(sessionId)) continue;
      const whole = delta && this.wholeWhereNeeded(sessionId, delta);
      if (whole !== undefined) complete.add(sessionId);
      for (const [index, entry] of (whole ?? [event]).entries()) {
        const beginsAnew = whole !== undefined && index === 0;
        const trim = beginsAnew ? ['=', '1'] : ['~', String(MAX_ENTRIES)];
        commands.push(['XADD', this.keys.session(sessionId), 'MAXLEN', ...trim, ...encodeEvent(entry)]);
        this.keep(sessionId, entry, beginsAnew);
      }
    }
    for (const [sessionId, last] of touched) {
      const expiryMs = last.type === 'text-end' ? this.expiry.endedExpiryMs : this.expiry.silentExpiryMs;
      commands.push(['PEXPIRE', this.keys.session(sessionId), String(expiryMs)]);
    }
    await connection.send(commands);
    for (const [sessionId, last] of touched) {
      const sent = this.sent.get(sessionId);
      if (sent?.messageId === last.messageId) sent.endIsThere = last.type === 'text-end';
    }
  }

  /** The whole answer instead of a delta: where Redis may lack what comes before it, or has many deltas to keep. */
  private wholeWhereNeeded(sessionId: string, { type, messageId, offset }: TextDelta): TextDelta[] | undefined {
    const sent = this.sent.get(sessionId);
    const follows = sent?.messageId === messageId ? offset <= sent.length[type] : offset === 0;
    if (follows && (sent === undefined || sent.growth < MIN_GROWTH + 2 * totalLength(sent))) return undefined;
    return this.written.wholeOf(sessionId, messageId);
  }

  private keep(sessionId: string, event: StreamEvent, beganAnew: boolean): void {
    const { messageId } = event;
    const before = this.sent.get(sessionId);
    const isNew = before?.messageId !== messageId;
    const delta = event.type === 'text-delta' || event.type === 'thinking-delta' ? event : undefined;
    const length = isNew || beganAnew ? { 'text-delta': 0, 'thinking-delta': 0 } : before.length;
    this.sent.delete(sessionId);
    this.sent.set(sessionId, {
      messageId,
      length: delta === undefined ? length : { ...length, [delta.type]: delta.offset + delta.text.length },
      growth: beganAnew ? 0 : (before?.growth ?? 0) + ENTRY_COST + (delta?.text.length ?? 0),
      endIsThere: false,
    });
    for (const oldest of this.sent.keys()) {
      if (this.sent.size <= TOKEN_LOG_LIMITS.maxSessions) break;
      this.sent.delete(oldest);
    }
  }
}

function totalLength({ length }: SentAnswer): number {
  return length['text-delta'] + length['thinking-delta'];
}
