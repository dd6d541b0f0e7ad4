import { z } from 'zod';

/** An error that a server sends as JSON. */
export interface ToldError {
  readonly message: string;
  /** HTTP status, 400–599; undefined if it follows neither from a code nor from a known type. */
  readonly status: number | undefined;
}

const text = z.string().min(1).optional().catch(undefined);
const code = z.union([z.string(), z.number()]).optional().catch(undefined);
const errorSchema = z.looseObject({
  message: z.unknown().optional(),
  msg: text,
  detail: z.unknown().optional(),
  error: z.unknown().optional(),
  errors: z.unknown().optional(),
  type: text,
  object: text,
  code,
  status: code,
  status_code: code,
  statusCode: code,
});

/** Words that servers use for statuses. source: the error types of OpenAI, Anthropic, vLLM, SGLang and llama.cpp's server */
const STATUS_OF_WORDS: readonly (readonly [RegExp, number])[] = [
  [/rate_?limit|too_?many/u, 429],
  [/overloaded|unavailable|loading/u, 503],
  [/time_?d?_?out/u, 504],
  [/authentication|unauthorized|invalid_api_key/u, 401],
  [/permission|forbidden/u, 403],
  [/not_?found/u, 404],
  [/bad_?request|invalid_?request|unprocessable|context_length|exceed_context/u, 400],
  [/server_?error|internal/u, 500],
];

/**
 * Reads a server's error message: `{"error": {…}}`, `{"error": "…"}`, `{"object": "error", …}`, `{"detail": …}` as FastAPI writes it, lists
 * of these, or `{"message": …}`. Undefined if the value is not an error.
 */
export function toldError(value: unknown): ToldError | undefined {
  const message = messageIn(value);
  return message === undefined ? undefined : { message, status: statusIn(value) };
}

/** Whether a JSON value that comes instead of an answer is an error. */
export function isErrorAnswer(value: unknown): boolean {
  const parsed = errorSchema.safeParse(value).data;
  if (parsed === undefined) return false;
  if (isSomething(parsed.error)) return true;
  if ('choices' in parsed) return false;
  const { message, errors, detail, object, type } = parsed;
  if (object === 'error' || type === 'error' || isSomething(errors) || isSomething(detail)) return true;
  return isSomething(message) && statusIn(parsed) !== undefined;
}

function isSomething(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return value !== undefined && value !== null && value !== '' && value !== false;
}

function messageIn(value: unknown): string | undefined {
  if (typeof value === 'string') return value.trim() === '' ? undefined : value;
  if (Array.isArray(value)) {
    const messages = value.map((one) => messageIn(one)).filter((one) => one !== undefined);
    return messages.length === 0 ? undefined : messages.join('; ');
  }
  const parsed = errorSchema.safeParse(value).data;
  if (parsed === undefined) return undefined;
  const { error, message, msg, detail, errors } = parsed;
  return messageIn(error) ?? messageIn(message) ?? msg ?? messageIn(detail) ?? messageIn(errors);
}

function statusIn(value: unknown): number | undefined {
  const parsed = errorSchema.safeParse(value).data;
  if (parsed === undefined) return undefined;
  const inner = typeof parsed.error === 'object' ? statusIn(parsed.error) : undefined;
  if (inner !== undefined) return inner;
  const codes = [parsed.code, parsed.status, parsed.status_code, parsed.statusCode, parsed.type];
  return codes.map((one) => statusOf(one)).find((one) => one !== undefined);
}

function statusOf(told: string | number | undefined): number | undefined {
  if (told === undefined) return undefined;
  const number = Number(told);
  if (Number.isInteger(number)) return number >= 400 && number <= 599 ? number : undefined;
  // Normalizes `BadRequestError` and `invalid_request_error` to the same form.
  const word = String(told)
    .replace(/(?<=[a-z])(?=[A-Z])/gu, '_')
    .toLowerCase();
  return STATUS_OF_WORDS.find(([pattern]) => pattern.test(word))?.[1];
}
