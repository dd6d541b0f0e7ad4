import { defaultPayloadConverter } from '@temporalio/common';
import type { ConverterHint, Payload, PayloadConverter, SerializationContext } from '@temporalio/common';
import { decode, encode } from '@temporalio/common/lib/encoding.js';

/**
 * Stands for what a workflow was given and cannot be decoded. `check-input.ts` refuses it; an error here instead would fail the workflow's
 * task, and its repetition, again and again.
 */
export class Undecodable {
  constructor(
    /** The end of a sentence: what is wrong with it. */
    readonly fault: string,
    /** What the SDK alone makes of it, where it makes anything: older versions took that. */
    readonly decoded?: unknown,
  ) {}
}

/**
 * Of the bundle (the build names this module): the SDK's own, except that an argument of a workflow, signal, update or query which is not
 * JSON in UTF-8 becomes an `Undecodable`. Results of activities come from workers of ours, and are decoded as ever.
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

/** What is no character decodes to U+FFFD, which somebody may also have sent. */
function isUtf8(data: Uint8Array, text: string): boolean {
  if (!text.includes('\uFFFD') && text.isWellFormed()) return true;
  const again = encode(text);
  return again.length === data.length && again.every((byte, index) => byte === data[index]);
}
