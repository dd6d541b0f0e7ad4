/** The body was not read to its end, or is not text. */
export class BodyError extends Error {
  override readonly name = 'BodyError';

  constructor(
    readonly kind: 'too-large' | 'not-utf8',
    message: string,
    options: { readonly cause?: unknown } = {},
  ) {
    super(message, options);
  }
}

export interface ReadBodyOptions {
  readonly maxBytes: number;
  /** Value of `Content-Length`, if there is one. A body that is known to be too large is not read at all. */
  readonly announced?: string | null;
  /** Returns the first `maxBytes` of a longer body instead of failing. Default: false. */
  readonly cuts?: boolean;
}

/**
 * Reads an HTTP body of at most `maxBytes`. Stopping early closes the connection. The signal of the request limits the time.
 *
 * @throws {BodyError} `too-large`; errors of the body: it broke off, or its request was aborted
 */
export async function readBody(
  body: AsyncIterable<Uint8Array> | null,
  { maxBytes, announced, cuts = false }: ReadBodyOptions,
): Promise<Buffer> {
  if (body === null) return Buffer.alloc(0);
  const tooLarge = (): BodyError => new BodyError('too-large', `The body has more than ${maxBytes} bytes.`);
  if (!cuts && Number(announced ?? 0) > maxBytes) {
    await body[Symbol.asyncIterator]().return?.();
    throw tooLarge();
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving this loop closes the connection.
  for await (const chunk of body) {
    bytes += chunk.length;
    chunks.push(chunk);
    if (bytes <= maxBytes) continue;
    if (cuts) break;
    throw tooLarge();
  }
  return Buffer.concat(chunks).subarray(0, maxBytes);
}

/** Like `readBody`, as text without a byte order mark. @throws as `readBody`; {BodyError} `not-utf8` */
export async function readTextBody(
  body: AsyncIterable<Uint8Array> | null,
  options: Omit<ReadBodyOptions, 'cuts'>,
): Promise<string> {
  const bytes = await readBody(body, options);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new BodyError('not-utf8', 'The body is not valid UTF-8.', { cause: error });
  }
}
