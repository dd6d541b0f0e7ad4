import type { Context } from 'hono';
import { ApiError } from './api-error.js';

/** Of a body. Text is escaped in JSON, so this is more than the largest message. */
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

/** What makes sending a request again safe, or undefined. @throws {ApiError} 400 */
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
  // Asked for also because a browser sends it to another site only after asking.
  if (type.trim() !== 'application/json') {
    throw new ApiError(415, 'InvalidRequest', 'Send JSON, with "Content-Type: application/json".');
  }
  const bytes = await readBytes(req.raw, Number(req.header('content-length') ?? 0));
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw invalid('The body is not valid UTF-8.', error);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(`The body is not valid JSON: ${error instanceof Error ? error.message : String(error)}.`, error);
  }
}

async function readBytes({ body }: Request, announced: number): Promise<Uint8Array> {
  const tooLarge = () =>
    // The rest of the body is not read, so the connection cannot be used again.
    new ApiError(413, 'InvalidRequest', `The body is too large: at most ${MAX_BODY_BYTES} bytes.`, {
      headers: { connection: 'close' },
    });
  if (announced > MAX_BODY_BYTES) throw tooLarge();
  if (body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function invalid(message: string, cause?: unknown): ApiError {
  return new ApiError(400, 'InvalidRequest', message, { cause });
}
