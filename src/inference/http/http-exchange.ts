import { excerpt } from '../../domain/text.js';
import { readBody } from '../../net/read-body.js';
import { ModelError } from '../model-error.js';
import { broken, failureOfStatus, unreachable, type ServerDescription } from './http-failure.js';

export interface ExchangeLimits {
  /**
   * Maximum time from the request to the response's head. Servers send it with the first token, so it covers waiting, loading and the
   * prompt.
   */
  readonly firstByteMs: number;
  /** Maximum time between two pieces of an answer. Before the first piece, which may come long after the head, `firstByteMs` applies. */
  readonly idleMs: number;
}

/** Below the five minutes after which Node's own `fetch` gives up. source: undici, `headersTimeout` and `bodyTimeout` */
export const DEFAULT_LIMITS: ExchangeLimits = { firstByteMs: 280_000, idleMs: 120_000 };

/** Limit for the body of a failure; its beginning is enough to see the cause. */
const MAX_FAILURE_BYTES = 64 * 1024;

/**
 * A `fetch` for the clients of model servers that replaces their own error handling: no retries, explicit timeouts, and every failure is a
 * `ModelError`. When `signal` aborts, the connection is closed in any state, so that the server stops working on the request.
 *
 * @param checkLine called with each complete line of a streamed body; throws if it is malformed. Clients would silently skip such lines.
 */
export function exchangeFetch(
  server: ServerDescription,
  limits: ExchangeLimits,
  signal: AbortSignal,
  checkLine?: (line: string) => void,
): typeof fetch {
  return async (input, init) => {
    const late = new AbortController();
    const all = AbortSignal.any([signal, late.signal, ...(init?.signal ? [init.signal] : [])]);
    const timer = setTimeout(() => late.abort(), limits.firstByteMs);
    try {
      const response = await fetch(input, { ...init, signal: all });
      if (!response.ok) {
        const body = (await readBody(response.body, { maxBytes: MAX_FAILURE_BYTES, cuts: true })).toString('utf8');
        throw failureOfStatus(server, response.status, body, response.headers.get('retry-after'));
      }
      if (response.body === null) return response;
      const { status, headers } = response;
      const isStream = /ndjson|event-stream/u.test(headers.get('content-type') ?? '');
      const check = isStream ? checkLine : undefined;
      return new Response(watched(response.body, { server, limits, signal, checkLine: check }), { status, headers });
    } catch (error) {
      if (error instanceof ModelError || signal.aborted) throw error;
      if (late.signal.aborted) throw unreachable(server, new Error(`no answer within ${limits.firstByteMs / 1000} s`));
      throw unreachable(server, error);
    } finally {
      clearTimeout(timer);
    }
  };
}

interface Watch {
  readonly server: ServerDescription;
  readonly limits: ExchangeLimits;
  readonly signal: AbortSignal;
  readonly checkLine?: (line: string) => void;
}

/**
 * Checks that each line of a stream is a JSON object.
 *
 * @throws {Error} for a line that is not
 */
export function createLineCheck(): (line: string) => void {
  return (line) => {
    const parsed: unknown = JSON.parse(line);
    if (typeof parsed !== 'object' || parsed === null) throw new TypeError('a line is not an object');
  };
}

/**
 * Passes the bytes on, in complete lines if lines are checked. Fails if they stop coming, break off, or are malformed. Bytes before the
 * error can still be read.
 */
function watched(
  body: ReadableStream<Uint8Array>,
  { server, limits, signal, checkLine }: Watch,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  const lines = checkLine && new CheckedLines(server, checkLine);
  const next = async (): Promise<{ bytes?: Uint8Array; isLast: boolean }> => {
    const { done, value } = await reader.read();
    return { bytes: lines === undefined ? value : lines.take(value), isLast: done };
  };
  // An abort does not always end a read in progress: not if the answer ends at the same moment.
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new DOMException('The request was aborted', 'AbortError')), {
      once: true,
    });
    if (signal.aborted) reject(new DOMException('The request was aborted', 'AbortError'));
  });
  aborted.catch(() => undefined);
  let limitMs = limits.firstByteMs;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      let timer: NodeJS.Timeout | undefined;
      const idle = new Promise<never>((_resolve, reject) => {
        timer = setTimeout(() => reject(broken(server, `nothing came for ${limitMs / 1000} s`)), limitMs);
      });
      try {
        if (lines?.failure) throw lines.failure;
        // A pull that enqueues nothing would not be called again, so this loops.
        for (;;) {
          const { bytes, isLast } = await Promise.race([next(), idle, aborted]);
          if (bytes !== undefined && bytes.length > 0) controller.enqueue(bytes);
          else if (lines?.failure) throw lines.failure;
          if (isLast && lines?.failure === undefined) controller.close();
          if (bytes !== undefined && bytes.length > 0) limitMs = limits.idleMs;
          if (isLast || (bytes !== undefined && bytes.length > 0)) return;
        }
      } catch (error) {
        const failure =
          error instanceof ModelError || signal.aborted ? error : broken(server, 'the connection broke', error);
        controller.error(failure);
        // Stops the server from writing an answer that is no longer needed. A body that broke can no longer be cancelled.
        reader.cancel().catch(() => undefined);
      } finally {
        clearTimeout(timer);
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

/** Cuts bytes into lines and checks each one, up to the first malformed line. */
class CheckedLines {
  /** Failure for the first malformed line; neither that line nor later ones are passed on. */
  failure: ModelError | undefined;
  private readonly decoder = new TextDecoder();
  private unfinished = '';

  constructor(
    private readonly server: ServerDescription,
    private readonly check: (line: string) => void,
  ) {}

  /** Returns the lines that are complete by now; with undefined, at the end, also the rest. */
  take(bytes: Uint8Array | undefined): Uint8Array {
    const lines = (this.unfinished + this.decoder.decode(bytes, { stream: bytes !== undefined })).split('\n');
    const rest = lines.pop() ?? '';
    if (bytes === undefined && rest !== '') lines.push(rest);
    this.unfinished = bytes === undefined ? '' : rest;
    const good = lines.findIndex((line) => !this.isGood(line));
    const passed = good < 0 ? lines : lines.slice(0, good);
    return new TextEncoder().encode(passed.map((line) => `${line}\n`).join(''));
  }

  private isGood(line: string): boolean {
    if (line.trim() === '') return true;
    try {
      this.check(line);
      return true;
    } catch (error) {
      this.failure = broken(this.server, `a line of it is malformed (${excerpt(line.toWellFormed(), 60)})`, error);
      return false;
    }
  }
}

/** The `ModelError` behind an error of a client, however it is wrapped; otherwise an error for a broken answer. */
export function asModelError(server: ServerDescription, error: unknown): ModelError {
  for (let inner = error; inner instanceof Error; inner = inner.cause) if (inner instanceof ModelError) return inner;
  return broken(server, error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error), error);
}
