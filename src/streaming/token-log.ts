import { CoalescingQueue, eventsOf, type SessionEvent } from './coalescing-queue.js';
import type { StreamEvent, SubscribeOptions, TokenPublisher, TokenSubscriber } from './token-stream.js';

type TextDelta = Extract<StreamEvent, { type: 'text-delta' | 'thinking-delta' }>;
type DeltaType = TextDelta['type'];
type TextEnd = Extract<StreamEvent, { type: 'text-end' }>;
type Progress = Extract<StreamEvent, { type: 'progress' }>;

/** What a `TokenLog` may hold. Lengths are in UTF-16 units. Defaults: `TOKEN_LOG_LIMITS`. */
export interface TokenLogLimits {
  /** Sessions with an answer in the log; beyond it the one that was silent longest is forgotten. */
  readonly maxSessions: number;
  /** Of one answer. What goes beyond is not streamed; the workflow's result has it. */
  readonly maxTextLength: number;
  /** Of all answers together; beyond it the one that was silent longest is forgotten. */
  readonly maxTotalTextLength: number;
  /** How long an ended answer can still be asked for by its message id. */
  readonly endedExpiryMs: number;
  /** After so long without an event an answer counts as abandoned by its writer. */
  readonly silentExpiryMs: number;
}

export const TOKEN_LOG_LIMITS: TokenLogLimits = {
  maxSessions: 10_000,
  maxTextLength: 1_048_576,
  maxTotalTextLength: 33_554_432,
  endedExpiryMs: 30_000,
  silentExpiryMs: 900_000,
};

interface LoggedPart {
  /** Where `text` begins in its part: 0, but in a relay whose writer took over from another process. */
  base: number;
  text: string;
}

/** In the order in which they are written. */
const PARTS = ['thinking-delta', 'text-delta'] as const satisfies readonly DeltaType[];

interface LoggedAnswer {
  readonly messageId: string;
  readonly parts: Readonly<Record<DeltaType, LoggedPart>>;
  /** The newest, while no text came after it. */
  progress?: Progress | undefined;
  end?: TextEnd;
  expiresAt: number;
}

/**
 * The token stream within one process, and the hub of the one that spans processes. Of each session it keeps the answer being
 * written and nothing else, in memory. It repairs what unreliable writers do, so that readers need not:
 * - a second attempt at an answer goes on with the text of the first; only what differs is passed on;
 * - a `text-start` that was lost is made up; a delta that begins beyond the known text is dropped, since applying it would put
 *   text in the wrong place (but see `relay`);
 * - what a writer repeats of an ended answer is dropped; when it writes something else, the answer is open again;
 * - deltas of another message than the session's current one are dropped, unless they begin an answer; so is all its progress.
 */
export class TokenLog implements TokenPublisher, TokenSubscriber {
  private readonly limits: TokenLogLimits;
  private readonly now: () => number;
  private readonly relay: boolean;
  /** In the order of their last events, oldest first. */
  private readonly answers = new Map<string, LoggedAnswer>();
  private totalTextLength = 0;
  private readonly readers = new Map<string, Set<Reader>>();
  private readonly readersOfAll = new Set<CoalescingQueue>();

  /**
   * @param options.relay the log only passes on what this process writes, to another that may know the beginning of an answer:
   * one that begins in its middle is taken as it is.
   */
  constructor(
    options: { readonly limits?: Partial<TokenLogLimits>; readonly now?: () => number; readonly relay?: boolean } = {},
  ) {
    this.limits = { ...TOKEN_LOG_LIMITS, ...options.limits };
    this.relay = options.relay ?? false;
    this.now = options.now ?? Date.now;
  }

  publish(sessionId: string, event: StreamEvent): void {
    this.forget(sessionId, this.now());
    switch (event.type) {
      case 'text-start':
        this.start(sessionId, event.messageId);
        break;
      case 'text-delta':
      case 'thinking-delta':
        this.append(sessionId, event);
        break;
      case 'progress':
        this.tell(sessionId, event);
        break;
      case 'text-end':
        this.finish(sessionId, event);
        break;
    }
    this.evict();
  }

  subscribe(sessionId: string, options: SubscribeOptions): AsyncIterable<StreamEvent> {
    const queue = this.openQueue(options.signal, () => {
      const readers = this.readers.get(sessionId);
      readers?.delete(reader);
      if (readers?.size === 0) this.readers.delete(sessionId);
    });
    const reader: Reader = { queue, messageId: options.messageId };
    if (options.signal.aborted) queue.close();
    else this.admit(sessionId, reader, options.fromOffset);
    return eventsOf(queue);
  }

  /** As `subscribe`, of all sessions. Answers that ended a moment ago come too: it serves to bring another log up to date. */
  subscribeAll(options: {
    readonly signal: AbortSignal;
  }): AsyncIterable<SessionEvent> & Pick<CoalescingQueue, 'end' | 'takePending'> {
    const queue = this.openQueue(options.signal, () => this.readersOfAll.delete(queue));
    if (options.signal.aborted) {
      queue.close();
      return queue;
    }
    const now = this.now();
    for (const [sessionId, answer] of this.answers) {
      if (answer.expiresAt <= now) continue;
      for (const event of catchUp(answer, 0)) queue.push(sessionId, event);
      if (answer.end !== undefined) queue.push(sessionId, answer.end);
    }
    this.readersOfAll.add(queue);
    return queue;
  }

  /** The session's current answer from its beginning, thoughts first; undefined when another is current, or its beginning is not known. */
  wholeOf(sessionId: string, messageId: string): TextDelta[] | undefined {
    const answer = this.answers.get(sessionId);
    if (answer?.messageId !== messageId || PARTS.some((type) => answer.parts[type].base > 0)) return undefined;
    return deltasOf(answer, 0);
  }

  private openQueue(signal: AbortSignal, onEnd: () => void): CoalescingQueue {
    const close = (): void => queue.close();
    const queue = new CoalescingQueue(4 * this.limits.maxTextLength, () => {
      signal.removeEventListener('abort', close);
      onEnd();
    });
    signal.addEventListener('abort', close, { once: true });
    return queue;
  }

  private admit(sessionId: string, reader: Reader, fromOffset: number | undefined): void {
    this.forget(sessionId, this.now());
    const readers = this.readers.get(sessionId) ?? new Set();
    this.readers.set(sessionId, readers.add(reader));
    const answer = this.answers.get(sessionId);
    if (answer === undefined) return;
    const named = reader.messageId === answer.messageId;
    if (reader.messageId !== undefined && !named) return;
    // An ended answer is not "being written": only a reader that asks for it by name gets it.
    if (answer.end !== undefined && !named) return;
    for (const event of catchUp(answer, named ? (fromOffset ?? 0) : 0)) reader.queue.push(sessionId, event);
    if (answer.end !== undefined) reader.queue.push(sessionId, answer.end);
  }

  private start(sessionId: string, messageId: string): void {
    const answer = this.answers.get(sessionId);
    if (answer?.messageId === messageId) this.touch(sessionId, answer);
    else this.open(sessionId, messageId);
  }

  private open(sessionId: string, messageId: string): LoggedAnswer {
    this.remove(sessionId);
    const parts = { 'thinking-delta': { base: 0, text: '' }, 'text-delta': { base: 0, text: '' } };
    const answer: LoggedAnswer = { messageId, parts, expiresAt: 0 };
    this.touch(sessionId, answer);
    this.emit(sessionId, { type: 'text-start', messageId });
    return answer;
  }

  private append(sessionId: string, delta: TextDelta): void {
    const { messageId, offset } = delta;
    let answer = this.answers.get(sessionId);
    if (answer?.messageId !== messageId) {
      if (offset !== 0 && !this.relay) return;
      answer = this.open(sessionId, messageId);
    }
    const part = answer.parts[delta.type];
    // An answer without text yet begins wherever its writer says.
    if (offset < part.base || (this.relay && part.text === '')) this.rebase(part, offset);
    const { base, text: known } = part;
    const kept = offset - base;
    if (kept > known.length || kept + delta.text.length > this.limits.maxTextLength) return;
    const same = commonPrefixLength(known, kept, delta.text);
    if (answer.end !== undefined && same === delta.text.length) return;

    part.text = known.slice(0, kept) + delta.text;
    answer.progress = undefined;
    this.totalTextLength += part.text.length - known.length;
    const reopened = answer.end !== undefined;
    answer.end = undefined;
    this.touch(sessionId, answer);
    if (reopened) {
      for (const event of catchUp(answer, 0)) this.emit(sessionId, event);
    } else if (same < delta.text.length || part.text.length < known.length) {
      this.emit(sessionId, { ...delta, offset: offset + same, text: delta.text.slice(same) });
    }
  }

  private rebase(part: LoggedPart, base: number): void {
    this.totalTextLength -= part.text.length;
    part.base = base;
    part.text = '';
  }

  private tell(sessionId: string, progress: Progress): void {
    const answer = this.answers.get(sessionId);
    // It opens no answer: that of a writer which lost its turn must not push out the text of the one that has it.
    if (answer?.messageId !== progress.messageId || answer.end !== undefined) return;
    answer.progress = progress;
    this.touch(sessionId, answer);
    this.emit(sessionId, progress);
  }

  private finish(sessionId: string, end: TextEnd): void {
    const answer = this.answers.get(sessionId);
    if (answer?.end !== undefined || (answer !== undefined && answer.messageId !== end.messageId)) return;
    if (answer !== undefined) {
      answer.end = end;
      answer.progress = undefined;
      this.touch(sessionId, answer);
    }
    // Without an answer its beginning was lost; whoever waits for it should still learn that it ended.
    this.emit(sessionId, end);
  }

  private emit(sessionId: string, event: StreamEvent): void {
    for (const { queue, messageId } of this.readers.get(sessionId) ?? []) {
      if (messageId === undefined || messageId === event.messageId) queue.push(sessionId, event);
    }
    for (const queue of this.readersOfAll) queue.push(sessionId, event);
  }

  private touch(sessionId: string, answer: LoggedAnswer): void {
    answer.expiresAt = this.now() + (answer.end === undefined ? this.limits.silentExpiryMs : this.limits.endedExpiryMs);
    this.answers.delete(sessionId);
    this.answers.set(sessionId, answer);
  }

  private forget(sessionId: string, now: number): void {
    const answer = this.answers.get(sessionId);
    if (answer !== undefined && answer.expiresAt <= now) this.remove(sessionId);
  }

  private remove(sessionId: string): void {
    const answer = this.answers.get(sessionId);
    if (answer !== undefined) for (const type of PARTS) this.totalTextLength -= answer.parts[type].text.length;
    this.answers.delete(sessionId);
  }

  private evict(): void {
    const now = this.now();
    for (const [sessionId, answer] of this.answers) {
      const excess =
        this.answers.size > this.limits.maxSessions || this.totalTextLength > this.limits.maxTotalTextLength;
      if (!excess && answer.expiresAt > now) return;
      this.remove(sessionId);
    }
  }
}

interface Reader {
  readonly queue: CoalescingQueue;
  readonly messageId: string | undefined;
}

/** What a reader that has the text before `fromOffset` needs, to be where the log is. */
function catchUp(answer: LoggedAnswer, fromOffset: number): StreamEvent[] {
  const { messageId, progress } = answer;
  return [
    { type: 'text-start', messageId },
    ...deltasOf(answer, fromOffset),
    ...(progress === undefined ? [] : [progress]),
  ];
}

/** @param fromOffset of the text; thoughts come whole */
function deltasOf({ messageId, parts }: LoggedAnswer, fromOffset: number): TextDelta[] {
  return PARTS.flatMap((type) => {
    const { base, text } = parts[type];
    const offset = Math.max(base, type === 'text-delta' ? fromOffset : 0);
    const missing = text.slice(offset - base);
    return missing === '' ? [] : [{ type, messageId, offset, text: missing }];
  });
}

/** How much of `text` the answer already has at `offset`. */
function commonPrefixLength(answer: string, offset: number, text: string): number {
  if (offset === answer.length) return 0;
  const overlap = Math.min(text.length, answer.length - offset);
  let length = 0;
  while (length < overlap && answer.charCodeAt(offset + length) === text.charCodeAt(length)) length++;
  return length;
}
