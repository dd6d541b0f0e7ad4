import { setTimeout as sleep } from 'node:timers/promises';
import { Hono } from 'hono';
import type { Context, MiddlewareHandler } from 'hono';
import { bearerAuth } from 'hono/bearer-auth';
import { MAX_MESSAGE_BYTES, faultOfUserMessage } from '../domain/session/user-message.js';
import { ApiError, toApiError } from './api-error.js';
import { idempotencyKeyOf, readTextField } from './read-json.js';

/** Response to a text. JSON-safe. */
export interface GivenAnswer {
  readonly response: string;
}

export interface QuestionOptions {
  /** The same for all attempts of one request, so that it is processed once. Missing: each request is separate. */
  readonly idempotencyKey?: string;
  /** Aborts when no caller waits for the answer any more, or the time is up. */
  readonly signal: AbortSignal;
}

export interface QuestionAppOptions {
  /** Path of the endpoint, e.g. `/chat`. */
  readonly path: string;
  /** The field that holds the text, e.g. `intent`. */
  readonly field: string;
  /** What `GET /health` returns besides the status. */
  readonly introduction: Readonly<Record<string, string | readonly string[]>>;
  readonly answer: (text: string, options: QuestionOptions) => Promise<GivenAnswer>;
  /** Time limit of one answer. */
  readonly timeoutMs: number;
  /** Token that callers must send, except for `/health`. Missing: none. */
  readonly token?: string;
  /** Called with unexpected errors. Callers learn only that one happened. */
  readonly onUnforeseen: (error: unknown) => void;
}

/** An HTTP interface that answers texts: `POST {"field": text}` → `{"response": text}`. */
export function createQuestionApp(options: QuestionAppOptions): Hono {
  const { path, field, introduction, token, onUnforeseen } = options;
  const app = new Hono();
  app.get('/health', (context) => context.json({ status: 'ok', ...introduction }));
  if (token !== undefined) app.post(path, requireToken(token));
  app.post(path, async (context) => {
    const idempotencyKey = idempotencyKeyOf(context);
    const text = checkedText(await readTextField(context, field));
    const given = await answerInTime(context, text, { ...options, idempotencyKey });
    if (given !== undefined) return context.json({ ...given });
    return context.json({ status: 'thinking' }, 202, { 'retry-after': '1', 'preference-applied': 'wait' });
  });
  const methods: readonly (readonly [string, string])[] = [
    [path, 'POST'],
    ['/health', 'GET, HEAD'],
  ];
  for (const [known, allow] of methods) {
    app.all(known, ({ req }) => {
      const message = `${req.method} is not possible here: use ${allow}.`;
      throw new ApiError(405, 'MethodNotAllowed', message, { headers: { allow } });
    });
  }
  app.notFound(() => {
    throw new ApiError(404, 'NotFound', `There is nothing here. POST {"${field}": "…"} to ${path}, or GET /health.`);
  });
  app.onError((error, context) => {
    const known = toApiError(error);
    if (known === undefined) onUnforeseen(error);
    const {
      status,
      type,
      message,
      options: told,
    } = known ?? new ApiError(500, 'Internal', 'Internal error; see the server log.');
    return context.json({ error: { type, message } }, status, { ...told.headers });
  });
  return app;
}

/** Undefined if the caller does not want to wait this long; it may ask again with its key. */
async function answerInTime(
  context: Context,
  text: string,
  { answer, timeoutMs, idempotencyKey }: QuestionAppOptions & { readonly idempotencyKey?: string },
): Promise<GivenAnswer | undefined> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), timeoutMs);
  // A caller with a key may return for the answer. For any other caller, the answer would be useless.
  const signals = idempotencyKey === undefined ? [deadline.signal, context.req.raw.signal] : [deadline.signal];
  const late = new Promise<never>((_resolve, reject) => {
    deadline.signal.addEventListener('abort', () => {
      reject(
        new ApiError(504, 'Expert.TimedOut', `There was no answer within ${timeoutMs / 1000} s. Ask less at once.`),
      );
    });
  });
  const patience = new AbortController();
  const answering = answer(text, { idempotencyKey, signal: AbortSignal.any(signals) });
  // Callers that won't wait get 202, and the answer is still written.
  const settled = answering.finally(() => clearTimeout(timer));
  for (const each of [settled, late]) each.catch(() => undefined);
  const waitMs = idempotencyKey === undefined ? undefined : waitOf(context);
  const impatient =
    waitMs === undefined ? [] : [sleep(waitMs, undefined, { signal: patience.signal }).catch(() => undefined)];
  try {
    // Stopped work may take a moment to end, with a failure or a result; no caller waits for it.
    return await Promise.race([settled, late, ...impatient]);
  } finally {
    patience.abort();
  }
}

/** How long the caller wants to wait, in ms. source: RFC 7240, 4.3 */
function waitOf({ req }: Context): number | undefined {
  const seconds = /(?:^|[\s,;])wait\s*=\s*"?(?<seconds>\d{1,6})/iu.exec(req.header('prefer') ?? '')?.groups?.seconds;
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

function checkedText(text: string): string {
  const fault = faultOfUserMessage({ messageId: 'x', text });
  if (fault === undefined) return text;
  const isTooLarge = Buffer.byteLength(text) > MAX_MESSAGE_BYTES;
  throw new ApiError(isTooLarge ? 413 : 400, 'InvalidRequest', fault);
}

/** Hono compares; what is refused is told like everything else that is refused here. */
function requireToken(token: string): MiddlewareHandler {
  const refusal = { message: refuseToken };
  return bearerAuth({
    token,
    noAuthenticationHeader: refusal,
    invalidAuthenticationHeader: refusal,
    invalidToken: refusal,
  });
}

function refuseToken(): never {
  throw new ApiError(401, 'Unauthorized', 'Send "Authorization: Bearer TOKEN" with the token of this server.', {
    headers: { 'www-authenticate': 'Bearer' },
  });
}
