import { ModelError } from '../model-error.js';
import { DEFAULT_LIMITS, type ExchangeLimits } from './http-exchange.js';
import type { StreamPart } from './stream-part.js';

const LATE = Symbol('late');

/**
 * Passes the parts on, and fails if no text comes for too long although the connection is alive: a server may send comments, pings and
 * empty pieces forever. The first text may take as long as the first byte, since servers report no progress while they read a prompt.
 *
 * @throws {ModelError} `Model.Unavailable`; also errors of the stream
 */
export async function* withinLimits(
  stream: (signal: AbortSignal) => AsyncIterable<StreamPart>,
  signal: AbortSignal,
  { firstByteMs, idleMs }: ExchangeLimits = DEFAULT_LIMITS,
): AsyncGenerator<StreamPart> {
  const closing = new AbortController();
  const parts = stream(AbortSignal.any([signal, closing.signal]))[Symbol.asyncIterator]();
  let limitMs = firstByteMs;
  let newsAt = performance.now();
  try {
    for (;;) {
      const next = await before(parts.next(), newsAt + limitMs - performance.now());
      if (next === LATE) {
        const message = `The model's server kept the connection open, but sent no text for ${limitMs / 1000} s.`;
        throw new ModelError('Model.Unavailable', message, { retryAfterMs: 1000 });
      }
      if (next.done === true) return;
      if (isNews(next.value)) {
        newsAt = performance.now();
        limitMs = idleMs;
      }
      yield next.value;
    }
  } finally {
    closing.abort();
    // Does not wait, because a stream that hangs would never end.
    parts.return?.().catch(() => undefined);
  }
}

function isNews(part: StreamPart): boolean {
  return 'text' in part ? part.text !== '' : part.type === 'end';
}

async function before<T>(promise: Promise<T>, ms: number): Promise<T | typeof LATE> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<typeof LATE>((resolve) => {
    timer = setTimeout(() => resolve(LATE), Math.max(0, ms));
  });
  // After a timeout, the promise is no longer awaited but may still fail.
  promise.catch(() => undefined);
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
