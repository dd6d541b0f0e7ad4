import { z } from 'zod';
import { faultOfExpertName } from '../domain/panel/expert.js';
import { BodyError, readTextBody } from '../net/read-body.js';
import { reasonOf } from '../net/reason-of.js';
import { parseRetryAfter } from '../net/retry-after.js';
import { CircuitBreaker } from './circuit-breaker.js';
import { ExpertError } from './expert-error.js';
import { faultOfExpertUrl } from './expert-url.js';

export interface RemoteExpertOptions {
  readonly signal: AbortSignal;
  /** Limit from the request to the last byte. Default: `DEFAULT_REMOTE_TIMEOUT_MS`. */
  readonly timeoutMs?: number;
  /** Maximum size of the body. Default: 1 MiB. */
  readonly maxBytes?: number;
  /** Sent only to the expert's own origin. */
  readonly token?: string;
  readonly breaker?: CircuitBreaker;
}

/** The question for an expert on another machine. JSON-safe. */
export interface RemoteQuestion {
  /** Address of the expert: `http://host:port`, or the address of its `/chat`. */
  readonly url: string;
  readonly intent: string;
  /** The same for each attempt at one question, so that an expert that has already answered it does not think again. */
  readonly idempotencyKey: string;
}

export interface RemoteAnswer {
  readonly response: string;
}

/** The expert is still working on the answer: ask again with the same key. */
export interface RemoteThinking {
  readonly thinking: true;
  readonly retryAfterMs: number;
}

export const DEFAULT_REMOTE_TIMEOUT_MS = 5_000;
const DEFAULT_MAX_BYTES = 1_048_576;
/** How long before the timeout the expert should report that it is still working. */
const SPARE_MS = 1_000;
/** Limit for a server's description of a failure. */
const MAX_DETAIL_LENGTH = 300;
const MAX_REDIRECTS = 3;
/** Both keep the method and the body; other redirects do not. source: RFC 9110, 15.4 */
const REDIRECTS = new Set([307, 308]);
const RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;

const answerSchema = z.object({ response: z.string() });
const introductionSchema = z.object({
  name: z.string().refine((name) => faultOfExpertName(name) === undefined),
  responsibility: z.string().max(1_000),
});

/**
 * Asks an expert on another machine once; the caller counts the attempts. The operator chooses the address, so it may be on this machine.
 * When the signal aborts, the connection is closed. An expert that supports "Prefer: wait" reports before the timeout that it is still
 * thinking; all others must answer before it.
 *
 * @throws {ExpertError} the signal's reason if it aborts
 */
export async function askRemoteExpert(
  question: RemoteQuestion,
  options: RemoteExpertOptions,
): Promise<RemoteAnswer | RemoteThinking> {
  const { intent, idempotencyKey } = question;
  const { timeoutMs = DEFAULT_REMOTE_TIMEOUT_MS } = options;
  const url = endpointOf(question.url, 'chat');
  // source: RFC 7240, 4.3; whole seconds
  const waitSeconds = Math.max(1, Math.floor((timeoutMs - SPARE_MS) / 1000));
  const request: ExpertRequest = { method: 'POST', body: JSON.stringify({ intent }), idempotencyKey, waitSeconds };
  const answer = await exchange(url, request, options);
  if (answer instanceof Thinking) return { thinking: true, retryAfterMs: answer.retryAfterMs };
  const parsed = answerSchema.safeParse(answer);
  if (!parsed.success || !parsed.data.response.isWellFormed()) {
    throw new ExpertError(
      'Expert.BadResponse',
      `The expert at ${url.href} answers without {"response": "…"} in its JSON.`,
    );
  }
  return { response: parsed.data.response };
}

/** Asks an expert on another machine for its name and responsibility. @throws as `askRemoteExpert` */
export async function introduceRemoteExpert(
  url: string,
  options: RemoteExpertOptions,
): Promise<{ readonly name: string; readonly responsibility: string }> {
  const health = endpointOf(url, 'health');
  const parsed = introductionSchema.safeParse(await exchange(health, { method: 'GET' }, options));
  if (parsed.success) return parsed.data;
  throw new ExpertError(
    'Expert.BadResponse',
    `${health.href} does not report the name and responsibility of an expert. Is it another server?`,
  );
}

function endpointOf(text: string, name: 'chat' | 'health'): URL {
  const fault = faultOfExpertUrl(text);
  if (fault !== undefined) throw new ExpertError('Expert.Refused', fault);
  const url = new URL(text);
  const base = url.pathname.replace(/\/(?:chat)?$/u, '');
  return new URL(`${url.origin}${base}/${name}`);
}

/** Response with status 202. */
class Thinking {
  constructor(readonly retryAfterMs: number) {}
}

interface ExpertRequest {
  readonly method: 'GET' | 'POST';
  readonly waitSeconds?: number;
  readonly body?: string;
  readonly idempotencyKey?: string;
}

async function exchange(url: URL, request: ExpertRequest, options: RemoteExpertOptions): Promise<unknown> {
  const { signal, timeoutMs = DEFAULT_REMOTE_TIMEOUT_MS, breaker = OWN_BREAKER } = options;
  signal.throwIfAborted();
  return breaker.run(
    url.origin,
    async () => {
      const deadline = new AbortController();
      const timer = setTimeout(() => deadline.abort(), timeoutMs);
      try {
        return await send(url, request, { ...options, signal: AbortSignal.any([signal, deadline.signal]) });
      } catch (error) {
        signal.throwIfAborted();
        if (deadline.signal.aborted) {
          throw new ExpertError(
            'Expert.TimedOut',
            `The expert at ${url.href} did not answer within ${timeoutMs / 1000} s.`,
          );
        }
        if (error instanceof ExpertError) throw error;
        throw new ExpertError(
          'Expert.Unavailable',
          `The expert at ${url.href} cannot be reached: ${reasonOf(error)}. Is it running?`,
          {
            cause: error,
            retryAfterMs: RETRY_MS,
          },
        );
      } finally {
        clearTimeout(timer);
      }
    },
    isUnwell,
  );
}

const OWN_BREAKER = new CircuitBreaker();

/** The server is unreachable, too slow, busy, or failing. A refusal shows that it works. */
function isUnwell(error: unknown): boolean {
  return error instanceof ExpertError && (error.type === 'Expert.Unavailable' || error.type === 'Expert.TimedOut');
}

async function send(
  first: URL,
  { method, body, idempotencyKey, waitSeconds }: ExpertRequest,
  { signal, token, maxBytes = DEFAULT_MAX_BYTES }: RemoteExpertOptions,
): Promise<unknown> {
  let url = first;
  for (let hop = 0; ; hop++) {
    const response = await fetch(url, {
      method,
      ...(body !== undefined && { body }),
      headers: {
        accept: 'application/json',
        'user-agent': 'colloquy',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
        ...(waitSeconds !== undefined && { prefer: `wait=${waitSeconds}` }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      redirect: 'manual',
      signal,
    });
    if (!REDIRECTS.has(response.status)) return await read(url, response, maxBytes);
    await response.body?.cancel();
    url = redirectOf(url, response, hop);
  }
}

/** Follows a redirect only within the host that the operator named, because no other host may get the question or the token. */
function redirectOf(url: URL, { headers }: Response, hop: number): URL {
  const location = headers.get('location') ?? '';
  const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
  if (hop < MAX_REDIRECTS && next?.origin === url.origin) return next;
  throw new ExpertError(
    'Expert.Refused',
    next?.origin === url.origin
      ? `The expert at ${url.href} redirects more than ${MAX_REDIRECTS} times.`
      : `The expert at ${url.href} redirects to ${next?.origin ?? 'nowhere'}, which is not followed. Name that address instead.`,
  );
}

async function read(url: URL, response: Response, maxBytes: number): Promise<unknown> {
  const { status, headers } = response;
  const text = await readText(url, response, maxBytes);
  if (status === 202) return new Thinking(waitOf(headers.get('retry-after')) ?? RETRY_MS);
  if (status !== 200) throw failureOfStatus(url, status, text, headers.get('retry-after'));
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ExpertError(
      'Expert.BadResponse',
      `The expert at ${url.href} responded with something other than JSON: ${excerpt(text)}`,
      {
        cause: error,
      },
    );
  }
}

async function readText({ href }: URL, { body, headers }: Response, maxBytes: number): Promise<string> {
  try {
    return await readTextBody(body, { maxBytes, announced: headers.get('content-length') });
  } catch (error) {
    if (!(error instanceof BodyError)) throw error;
    const what = error.kind === 'too-large' ? `more than ${maxBytes} bytes` : 'what is not valid UTF-8';
    throw new ExpertError('Expert.BadResponse', `The expert at ${href} answers ${what}.`, { cause: error });
  }
}

function failureOfStatus({ href }: URL, status: number, text: string, retryAfter: string | null): ExpertError {
  const said = `${status}: ${excerpt(messageIn(text) ?? text)}`;
  if (status === 504) return new ExpertError('Expert.TimedOut', `The expert at ${href} ran out of time (${said}).`);
  if (status === 408 || status === 425 || status === 429 || status === 503 || status >= 500) {
    return new ExpertError('Expert.Unavailable', `The expert at ${href} is busy or failed (${said}).`, {
      retryAfterMs: waitOf(retryAfter) ?? RETRY_MS,
    });
  }
  return new ExpertError(
    'Expert.Refused',
    status === 401 || status === 403
      ? `The expert at ${href} refuses access (${said}). Set COLLOQUY_EXPERT_TOKEN to its COLLOQUY_API_TOKEN.`
      : `The expert at ${href} does not take the question (${said}).`,
  );
}

function waitOf(retryAfter: string | null): number | undefined {
  return parseRetryAfter(retryAfter, { longestMs: LONGEST_RETRY_MS });
}

const errorSchema = z.object({ error: z.object({ message: z.string() }) });

function messageIn(text: string): string | undefined {
  try {
    return errorSchema.parse(JSON.parse(text)).error.message;
  } catch {
    return undefined;
  }
}

function excerpt(text: string): string {
  // eslint-disable-next-line no-control-regex
  const line = text.replaceAll(/[\s\u0000-\u001f\u007f-\u009f]+/gu, ' ').trim();
  return line === '' ? 'no reason given' : line.slice(0, MAX_DETAIL_LENGTH);
}
