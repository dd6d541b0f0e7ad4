/** One server-sent event. Comments, which servers send to keep a connection alive, are not events. */
export interface ServerEvent {
  /** Default: `message`. */
  readonly name: string;
  /** Lines of data are joined by a line feed. */
  readonly data: string;
}

/** Much longer than any event of a model server; prevents an endless event from filling the memory. */
const LONGEST_EVENT = 32 * 2 ** 20;

/**
 * Reads server-sent events: lines end with LF, CR or CRLF, bytes may be cut anywhere, a byte order mark is ignored. Beyond the standard, an
 * unterminated event at the end of the stream counts as well, since some servers omit the last empty line.
 *
 * source: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 *
 * @throws {RangeError} for an event longer than 32 Mi characters; also errors of `bytes`
 */
export async function* readEvents(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  let event = new UnfinishedEvent();
  for await (const line of readLines(bytes)) {
    if (line !== '') event.add(line);
    else {
      yield* event.finished();
      event = new UnfinishedEvent();
    }
  }
  yield* event.finished();
}

/** The lines of an event so far. */
class UnfinishedEvent {
  private name = '';
  private readonly data: string[] = [];
  private length = 0;

  add(line: string): void {
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /u, '');
    if (field === 'event') this.name = value;
    if (field !== 'data') return;
    this.length += value.length;
    if (this.length > LONGEST_EVENT) throw new RangeError('an event of the stream is too long');
    this.data.push(value);
  }

  *finished(): Generator<ServerEvent> {
    if (this.data.length > 0) yield { name: this.name === '' ? 'message' : this.name, data: this.data.join('\n') };
  }
}

/** Yields lines without their ends. A CR ends its line at once, before it is known whether an LF follows. */
async function* readLines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let unfinished = '';
  let endedByCr = false;
  const take = function* (text: string): Generator<string> {
    const fresh = endedByCr && text.startsWith('\n') ? text.slice(1) : text;
    if (text !== '') endedByCr = text.endsWith('\r');
    const lines = fresh.split(/\r\n|\r|\n/u);
    lines[0] = unfinished + (lines[0] ?? '');
    unfinished = lines.pop() ?? '';
    if (unfinished.length > LONGEST_EVENT) throw new RangeError('a line of the stream is too long');
    yield* lines;
  };
  for await (const piece of bytes) yield* take(decoder.decode(piece, { stream: true }));
  yield* take(decoder.decode());
  if (unfinished !== '') yield unfinished;
}
