import { excerpt } from '../../domain/text.js';
import { readBody } from '../../net/read-body.js';
import { ModelError } from '../model-error.js';
import { broken, failureOfStatus, unreachable, type ServerDescription } from './http-failure.js';

export interface ExchangeLimits {
  /** From the request to the answer's head. Servers send it with the first token, so it covers waiting, loading and the prompt. */
  readonly firstByteMs: number;
  /** Between two pieces of an answer; before its first one, which may come long after its head, `firstByteMs`. */
  readonly idleMs: number;
}

/** Below the five minutes after which Node's own `fetch` gives up. source: undici, `headersTimeout` and `bodyTimeout` */
export const DEFAULT_LIMITS: ExchangeLimits = { firstByteMs: 280_000, idleMs: 120_000 };

/** Of the body of a failure, whose beginning tells what is wrong. */
const MAX_FAILURE_BYTES = 64 * 1024;

/**
 * A `fetch` for the clients of model servers that leaves nothing to them: no retries, explicit timeouts, and every failure a `ModelError`.
 * When `signal` aborts, the connection is closed, whatever state it is in, so that the server stops working for it.
 *
 * @param checkLine called with each whole line of a streamed body; throws when it is malformed. Clients skip such lines otherwise.
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
 * @throws {Error} of a line that is none
 */
export function createLineCheck(): (line: string) => void {
  return (line) => {
    const parsed: unknown = JSON.parse(line);
    if (typeof parsed !== 'object' || parsed === null) throw new TypeError('a line is not an object');
  };
}

/**
 * The same bytes, in whole lines where lines are checked; an error when they stop coming, break off, or are not what they should be. What
 * came before the error is still read.
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
  // A read that is under way when the request is aborted is not always ended by that, when the answer ends at the same moment.
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
        // A pull that adds nothing would not be asked for again.
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
        // The server must not write on for nobody. A body that broke cannot be cancelled any more.
        reader.cancel().catch(() => undefined);
      } finally {
        clearTimeout(timer);
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

/** Cuts bytes into lines and checks each, up to the first that is malformed. */
class CheckedLines {
  /** Of the first malformed line, which is not passed on, nor is what follows it. */
  failure: ModelError | undefined;
  private readonly decoder = new TextDecoder();
  private unfinished = '';

  constructor(
    private readonly server: ServerDescription,
    private readonly check: (line: string) => void,
  ) {}

  /** The whole lines that are complete by now; with undefined, at the end, the rest as well. */
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

/** The `ModelError` behind what a client threw, however it wrapped it; a broken answer when there is none. */
export function asModelError(server: ServerDescription, error: unknown): ModelError {
  for (let inner = error; inner instanceof Error; inner = inner.cause) if (inner instanceof ModelError) return inner;
  return broken(server, error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error), error);
}
