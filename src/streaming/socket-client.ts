import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { CoalescingQueue, eventsOf } from './coalescing-queue.js';
import { LineSocket } from './line-socket.js';
import { refuseForeignFolder } from '../local-socket.js';
import { hubReply, parseLine, type HubRequest } from './socket-protocol.js';
import { TOKEN_LOG_LIMITS, TokenLog } from './token-log.js';
import type { StreamEvent, SubscribeOptions, TokenPublisher, TokenSubscriber } from './token-stream.js';

const FIRST_BACKOFF_MS = 50;
const LAST_BACKOFF_MS = 2_000;
/** A connection that lasted this long counts as healthy; after its loss, the next attempt follows at once. */
const HEALTHY_MS = 5_000;
/** How long `close` waits for the hub to accept published events. */
const FLUSH_LIMIT_MS = 500;

/** The token stream of another process. Close it, or the process does not end. */
export interface TokenStreamClient extends TokenPublisher, TokenSubscriber {
  /** What was published before is sent first, if the hub takes it within half a second. */
  close(): Promise<void>;
}

export interface TokenStreamClientOptions {
  /** Told once when the hub is lost or cannot be reached, once when it is back, and of lines that make no sense. */
  readonly onNotice?: (message: string) => void;
}

/**
 * Joins the hub that serves at `path`. There need not be one yet: it is looked for until `close`, at least every 2 seconds.
 *
 * Publishing: while the hub is away, or slower than the writer, no event waits; what the hub gets when it is back is the text so
 * far of each answer, as one delta. Subscribing: the iteration ends when the hub is lost; subscribing again while it is away
 * waits for the next attempt to reach it, and ends with that when it fails.
 */
export function connectTokenStream(path: string, options: TokenStreamClientOptions = {}): TokenStreamClient {
  return new SocketTokenStream(path, options.onNotice ?? (() => {}));
}

interface Subscription {
  readonly request: Extract<HubRequest, { type: 'subscribe' }>;
  readonly queue: CoalescingQueue;
}

class SocketTokenStream implements TokenStreamClient {
  /** What this process writes. The connection reads it as any slow reader would. */
  private readonly written = new TokenLog({ relay: true });
  private readonly subscriptions = new Map<number, Subscription>();
  private lastSubscription = 0;
  private readonly closing = new AbortController();
  private readonly running: Promise<void>;
  private connection: LineSocket | undefined;
  private publications: { end(): void } | undefined;
  private isLost = false;
  private noticedMalformed = false;

  constructor(
    private readonly path: string,
    private readonly onNotice: (message: string) => void,
  ) {
    this.running = this.run();
  }

  publish(sessionId: string, event: StreamEvent): void {
    this.written.publish(sessionId, event);
  }

  subscribe(sessionId: string, { signal, messageId, fromOffset }: SubscribeOptions): AsyncIterable<StreamEvent> {
    const subscription = ++this.lastSubscription;
    const close = (): void => queue.close();
    const queue = new CoalescingQueue(4 * TOKEN_LOG_LIMITS.maxTextLength, () => {
      signal.removeEventListener('abort', close);
      if (this.subscriptions.delete(subscription)) this.send({ type: 'unsubscribe', subscription });
    });
    signal.addEventListener('abort', close, { once: true });
    if (signal.aborted || this.closing.signal.aborted) queue.close();
    else {
      const request = { type: 'subscribe', subscription, sessionId, messageId, fromOffset } as const;
      this.subscriptions.set(subscription, { request, queue });
      this.send(request);
    }
    return eventsOf(queue);
  }

  async close(): Promise<void> {
    this.closing.abort();
    this.endSubscriptions();
    this.publications?.end();
    const limit = setTimeout(() => this.connection?.destroy(), FLUSH_LIMIT_MS);
    await this.running;
    clearTimeout(limit);
  }

  private async run(): Promise<void> {
    let backoffMs = FIRST_BACKOFF_MS;
    while (!this.closing.signal.aborted) {
      const since = Date.now();
      const failure = await this.serveOneConnection();
      if (this.closing.signal.aborted) break;
      this.endSubscriptions();
      if (!this.isLost) this.onNotice(`No live text for now: token stream at ${this.path}: ${failure}. Still trying.`);
      this.isLost = true;
      backoffMs = Date.now() - since >= HEALTHY_MS ? FIRST_BACKOFF_MS : Math.min(backoffMs * 2, LAST_BACKOFF_MS);
      await sleep(backoffMs, undefined, { signal: this.closing.signal }).catch(() => {});
    }
    this.endSubscriptions();
  }

  /** Returns why the connection was lost or could not be made. */
  private async serveOneConnection(): Promise<string> {
    let connection: LineSocket;
    try {
      connection = await this.open();
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    if (this.isLost) this.onNotice(`Token stream at ${this.path} is back.`);
    this.isLost = false;
    this.connection = connection;
    for (const { request } of this.subscriptions.values()) this.send(request);
    const lost = new AbortController();
    const publishing = this.sendPublications(connection, lost.signal);
    await connection.closed;
    this.connection = undefined;
    lost.abort();
    await publishing;
    return 'the connection was lost';
  }

  private open(): Promise<LineSocket> {
    refuseForeignFolder(this.path);
    return new Promise((resolve, reject) => {
      const socket = connect(this.path);
      socket.once('error', reject);
      socket.once('connect', () => {
        const onLine = (line: string): void => this.receive(line);
        resolve(new LineSocket(socket, onLine, () => this.noticeMalformed('a line that is too long')));
      });
    });
  }

  private async sendPublications(connection: LineSocket, signal: AbortSignal): Promise<void> {
    const publications = this.written.subscribeAll({ signal });
    this.publications = publications;
    if (this.closing.signal.aborted) publications.end();
    for await (const { sessionId, event } of publications) {
      await connection.send({ type: 'publish', sessionId, event } satisfies HubRequest);
    }
    connection.end();
  }

  private send(request: HubRequest): void {
    // Requests are few and small: not waiting for the peer to take them cannot fill memory.
    void this.connection?.send(request);
  }

  private receive(line: string): void {
    const reply = parseLine(hubReply, line);
    if (reply === undefined) {
      this.noticeMalformed('a line that is not an event');
      return;
    }
    const subscription = this.subscriptions.get(reply.subscription);
    subscription?.queue.push(subscription.request.sessionId, reply.event);
  }

  private noticeMalformed(what: string): void {
    if (!this.noticedMalformed)
      this.onNotice(`Token stream at ${this.path} sent ${what}; ignored, as is all of that kind.`);
    this.noticedMalformed = true;
  }

  private endSubscriptions(): void {
    const subscriptions = [...this.subscriptions.values()];
    // Emptied first: there is nobody left to tell that they are over.
    this.subscriptions.clear();
    for (const { queue } of subscriptions) queue.end();
  }
}
