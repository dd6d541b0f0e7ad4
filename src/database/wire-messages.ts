/**
 * The messages of a client of PostgreSQL's protocol, extracted from its byte stream.
 * source: https://www.postgresql.org/docs/18/protocol-message-formats.html
 */
export type WireInput =
  /** The reply must be `N`, because this server supports neither TLS nor GSSAPI. */
  | { readonly type: 'encryption-request' }
  | { readonly type: 'cancel-request' }
  | { readonly type: 'startup'; readonly bytes: Buffer }
  /**
   * Messages that belong together, up to the one that requests the reply: a simple query, or the steps of an extended query up to its Sync.
   * `isOpen`: the batch ended with a Flush, and the client will continue it.
   */
  | { readonly type: 'batch'; readonly bytes: Buffer; readonly isOpen: boolean }
  | { readonly type: 'terminate' };

/** Far above the size of any turn of a conversation; PostgreSQL's own limit is 1 GB. */
const MAX_BATCH_BYTES = 256 * 1024 * 1024;

const SSL_REQUEST = 80_877_103;
const GSS_REQUEST = 80_877_104;
const CANCEL_REQUEST = 80_877_102;
/** Message types after which the client waits: Query, Sync, FunctionCall; and Flush. */
const ENDS = new Set(['Q', 'S', 'F', 'H']);

export class WireMessages {
  private chunks: Buffer[] = [];
  private length = 0;
  private started = false;
  private batch: Buffer[] = [];
  private batchLength = 0;

  push(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.length += chunk.length;
  }

  /** @returns undefined if more bytes are needed. @throws Error if the bytes violate the protocol, or exceed the size limit */
  next(): WireInput | undefined {
    return this.started ? this.nextBatch() : this.nextOpening();
  }

  private nextOpening(): WireInput | undefined {
    const length = this.peek(4)?.readInt32BE(0);
    if (length === undefined) return undefined;
    // PostgreSQL accepts at most 10,000. source: postgres/postgres, src/include/libpq/pqcomm.h, MAX_STARTUP_PACKET_LENGTH
    if (length < 8 || length > 10_000) throw new Error(`a start-up message of ${length} bytes`);
    const bytes = this.take(length);
    if (bytes === undefined) return undefined;
    switch (bytes.readInt32BE(4)) {
      case SSL_REQUEST:
      case GSS_REQUEST:
        return { type: 'encryption-request' };
      case CANCEL_REQUEST:
        return { type: 'cancel-request' };
      default:
        this.started = true;
        return { type: 'startup', bytes };
    }
  }

  private nextBatch(): WireInput | undefined {
    for (;;) {
      const head = this.peek(5);
      if (head === undefined) return undefined;
      const length = head.readInt32BE(1);
      if (length < 4 || this.batchLength + length > MAX_BATCH_BYTES) throw new Error(`a message of ${length} bytes`);
      const bytes = this.take(1 + length);
      if (bytes === undefined) return undefined;
      const type = String.fromCharCode(head[0] ?? 0);
      if (type === 'X') return { type: 'terminate' };
      this.batch.push(bytes);
      this.batchLength += bytes.length;
      if (!ENDS.has(type)) continue;
      const batch = Buffer.concat(this.batch);
      this.batch = [];
      this.batchLength = 0;
      return { type: 'batch', bytes: batch, isOpen: type === 'H' };
    }
  }

  private peek(count: number): Buffer | undefined {
    return this.length < count ? undefined : this.join(count).subarray(0, count);
  }

  private take(count: number): Buffer | undefined {
    if (this.length < count) return undefined;
    const joined = this.join(count);
    this.chunks[0] = joined.subarray(count);
    this.length -= count;
    return joined.subarray(0, count);
  }

  /** Joins the chunks only once enough bytes are there; joining on each chunk would take quadratic time for a long message. */
  private join(count: number): Buffer {
    const [first] = this.chunks;
    if (first !== undefined && first.length >= count) return first;
    const joined = Buffer.concat(this.chunks);
    this.chunks = [joined];
    return joined;
  }
}
