import type { StreamEvent } from './token-stream.js';

/** One event and the session it belongs to. */
export interface SessionEvent {
  readonly sessionId: string;
  readonly event: StreamEvent;
}

/** Maximum number of unread entries of a reader; an answer takes few, however long it is. */
const MAX_PENDING_ENTRIES = 1024;

/**
 * The unread entries of one reader. Writing never waits: unread text deltas are merged into one, so a slow reader costs memory for the length of the
 * answer, not for the number of its tokens. Read it with `for await`, from one reader only.
 */
export class CoalescingQueue implements AsyncIterableIterator<SessionEvent> {
  private readonly pending: SessionEvent[] = [];
  private readonly lastOfSession = new Map<string, SessionEvent>();
  private pendingText = 0;
  private waiting: ((result: IteratorResult<SessionEvent>) => void) | undefined;
  private ended = false;

  /**
   * @param maxTextLength of all pending text together, in UTF-16 units; beyond it the oldest entries are dropped.
   * @param onEnd called once when the queue ends, for any reason.
   */
  constructor(
    private readonly maxTextLength: number,
    private readonly onEnd: () => void = () => {},
  ) {}

  push(sessionId: string, event: StreamEvent): void {
    if (this.ended) return;
    if (this.waiting !== undefined) {
      const deliver = this.waiting;
      this.waiting = undefined;
      deliver({ done: false, value: { sessionId, event } });
      return;
    }
    const last = this.lastOfSession.get(sessionId);
    const merged = last === undefined ? undefined : mergeEvents(last.event, event);
    if (last !== undefined && merged !== undefined) {
      const entry = { sessionId, event: merged };
      this.pending[this.pending.lastIndexOf(last)] = entry;
      this.lastOfSession.set(sessionId, entry);
      this.pendingText += textLength(merged) - textLength(last.event);
    } else {
      const entry = { sessionId, event };
      this.pending.push(entry);
      this.lastOfSession.set(sessionId, entry);
      this.pendingText += textLength(event);
    }
    while (this.pending.length > MAX_PENDING_ENTRIES || this.pendingText > this.maxTextLength) this.shift();
  }

  /** Ends the iteration after the pending entries. */
  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.waiting?.({ done: true, value: undefined });
    this.waiting = undefined;
    this.onEnd();
  }

  /** Ends the iteration at once and drops the pending entries. */
  close(): void {
    this.takePending();
    this.end();
  }

  /** Returns all pending entries at once; `next` continues after them. */
  takePending(): SessionEvent[] {
    const taken = this.pending.splice(0);
    this.lastOfSession.clear();
    this.pendingText = 0;
    return taken;
  }

  next(): Promise<IteratorResult<SessionEvent>> {
    const entry = this.shift();
    if (entry !== undefined) return Promise.resolve({ done: false, value: entry });
    if (this.ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => {
      this.waiting = resolve;
    });
  }

  return(): Promise<IteratorResult<SessionEvent>> {
    this.close();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private shift(): SessionEvent | undefined {
    const entry = this.pending.shift();
    if (entry === undefined) return undefined;
    this.pendingText -= textLength(entry.event);
    if (this.lastOfSession.get(entry.sessionId) === entry) this.lastOfSession.delete(entry.sessionId);
    return entry;
  }
}

/** The queue of a reader of one session, without the session's name. Leaving the iteration closes the queue. */
export function eventsOf(queue: CoalescingQueue): AsyncIterable<StreamEvent> {
  return {
    [Symbol.asyncIterator]: () => ({
      async next(): Promise<IteratorResult<StreamEvent>> {
        const result = await queue.next();
        return result.done === true ? { done: true, value: undefined } : { done: false, value: result.value.event };
      },
      async return(): Promise<IteratorResult<StreamEvent>> {
        await queue.return();
        return { done: true, value: undefined };
      },
    }),
  };
}

/**
 * Merges two events if they are deltas of the same part of one message without a gap, by the rule `slice(0, offset) + text`. Any later event replaces
 * progress.
 */
function mergeEvents(first: StreamEvent, second: StreamEvent): StreamEvent | undefined {
  if (first.messageId !== second.messageId) return undefined;
  if (first.type === 'progress') return second;
  if (!isDelta(first) || !isDelta(second) || first.type !== second.type) return undefined;
  const kept = second.offset - first.offset;
  if (kept < 0) return second;
  if (kept > first.text.length) return undefined;
  return { ...first, text: first.text.slice(0, kept) + second.text };
}

function textLength(event: StreamEvent): number {
  return isDelta(event) ? event.text.length : 0;
}

function isDelta(event: StreamEvent): event is Extract<StreamEvent, { type: 'text-delta' | 'thinking-delta' }> {
  return event.type === 'text-delta' || event.type === 'thinking-delta';
}
