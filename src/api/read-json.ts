import type { Context } from 'hono';
import { BodyError, readTextBody } from '../net/read-body.js';
import { ApiError } from './api-error.js';

/** Maximum size of a body. JSON escapes text, so this is more than the largest message. */
const MAX_BODY_BYTES = 1_048_576;
const MAX_KEY_LENGTH = 200;

/** The text in the one field that a request must have. @throws {ApiError} 400, 413, 415 */
export async function readTextField(context: Context, field: string): Promise<string> {
  const body = await readJson(context);
  const example = `{"${field}": "…"}`;
  if (typeof body !== 'object' || body === null || Array.isArray(body) || !(field in body)) {
    throw invalid(`Send an object ${example}.`);
  }
  const others = Object.keys(body).filter((key) => key !== field);
  if (others.length > 0) throw invalid(`Unknown field ${JSON.stringify(others[0]?.slice(0, 40))}. Send ${example}.`);
  const text: unknown = Object.values(body)[0];
  if (typeof text !== 'string') throw invalid(`"${field}" must be a string: ${example}.`);
  return text;
}

/** The Idempotency-Key, which makes it safe to repeat a request, or undefined. @throws {ApiError} 400 */
export function idempotencyKeyOf(context: Context): string | undefined {
  const key = context.req.header('idempotency-key');
  if (key === undefined) return undefined;
  if (key.trim() === '' || key.length > MAX_KEY_LENGTH) {
    throw invalid(`Idempotency-Key must have 1 to ${MAX_KEY_LENGTH} characters.`);
  }
  return key;
}

async function readJson({ req }: Context): Promise<unknown> {
  const [type = ''] = (req.header('content-type') ?? '').toLowerCase().split(';');
  // Also protects against other sites: a browser sends this content type to another site only after a preflight request.
  if (type.trim() !== 'application/json') {
    throw new ApiError(415, 'InvalidRequest', 'Send JSON, with "Content-Type: application/json".');
  }
  const text = await readTextBody(req.raw.body, {
    maxBytes: MAX_BODY_BYTES,
    announced: req.header('content-length'),
  }).catch((error: unknown) => {
    throw error instanceof BodyError ? refused(error) : error;
  });
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(`The body is not valid JSON: ${error instanceof Error ? error.message : String(error)}.`, error);
  }
}

function refused(error: BodyError): ApiError {
  if (error.kind === 'not-utf8') return invalid(error.message, error);
  // The rest of the body is not read, so the connection cannot be used again.
  return new ApiError(413, 'InvalidRequest', `The body is too large: at most ${MAX_BODY_BYTES} bytes.`, {
    cause: error,
    headers: { connection: 'close' },
  });
}

function invalid(message: string, cause?: unknown): ApiError {
  return new ApiError(400, 'InvalidRequest', message, { cause });
}
