import { defaultPayloadConverter } from '@temporalio/common';
import type { ConverterHint, Payload, PayloadConverter, SerializationContext } from '@temporalio/common';
import { decode, encode } from '@temporalio/common/lib/encoding.js';

/**
 * Represents an argument that cannot be decoded. `check-input.ts` refuses it. An error here would fail the workflow task instead, again at every
 * retry.
 */
export class Undecodable {
  constructor(
    /** The fault, as the end of a sentence. */
    readonly fault: string,
    /** The SDK's own decoding, if there is any, which older versions accepted. */
    readonly decoded?: unknown,
  ) {}
}

/**
 * Payload converter of the bundle (the build names this module): that of the SDK, except that an argument of a workflow, signal, update or query
 * becomes an `Undecodable` if it is not JSON in UTF-8. Results of activities come from our own workers and are decoded as usual.
 */
export const payloadConverter: PayloadConverter = {
  toPayload: (value, context, hint) => defaultPayloadConverter.toPayload(value, context, hint),
  fromPayload<T>(payload: Payload, context?: SerializationContext, hint?: ConverterHint<T>): T {
    if (context?.type !== 'workflow') return defaultPayloadConverter.fromPayload<T>(payload, context, hint);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Whoever asks for a type takes what is there.
    return decodeArgument(payload) as T;
  },
};

const SEND_JSON = 'Send JSON in UTF-8 with the encoding "json/plain".';

function decodeArgument(payload: Payload): unknown {
  const encoding = encodingOf(payload);
  if (encoding === 'binary/null') return undefined;
  if (encoding !== 'json/plain') {
    const named = encoding === undefined ? 'without an encoding' : `of the encoding ${JSON.stringify(encoding)}`;
    return new Undecodable(`is ${named}. ${SEND_JSON}`, decodedBySdk(payload));
  }
  if (payload.data === undefined || payload.data === null) return new Undecodable(`has no data. ${SEND_JSON}`);
  const text = decode(payload.data);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return new Undecodable(`is not JSON. ${SEND_JSON}`);
  }
  if (isUtf8(payload.data, text)) return value;
  return new Undecodable(`is not valid UTF-8. ${SEND_JSON}`, value);
}

function encodingOf({ metadata }: Payload): string | undefined {
  const encoding = metadata?.encoding;
  return encoding === undefined ? undefined : decode(encoding).slice(0, 60).toWellFormed();
}

function decodedBySdk(payload: Payload): unknown {
  try {
    return defaultPayloadConverter.fromPayload(payload);
  } catch {
    return undefined;
  }
}

/** Invalid bytes decode to U+FFFD, but a sender may also have sent that character. */
function isUtf8(data: Uint8Array, text: string): boolean {
  if (!text.includes('\uFFFD') && text.isWellFormed()) return true;
  const again = encode(text);
  return again.length === data.length && again.every((byte, index) => byte === data[index]);
}
