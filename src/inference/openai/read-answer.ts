import { broken, failureOfTold, type ServerDescription } from '../http/http-failure.js';
import { isErrorAnswer } from '../http/error-answer.js';
import { readEvents, type ServerEvent } from '../http/event-stream.js';
import { asModelError } from '../http/http-exchange.js';
import type { StreamPart } from '../http/stream-part.js';
import { excerpt } from '../../domain/text.js';
import { ModelError } from '../model-error.js';
import { AnswerParts, type AnswerPartsOptions } from './answer-parts.js';

export interface ReadAnswerOptions extends AnswerPartsOptions {
  readonly server: ServerDescription;
}

/** How long to wait, after the answer has ended, for the server's token counts. */
const AFTER_END_MS = 2_000;

/**
 * Reads an answer from any server with OpenAI's interface: server-sent events, or one JSON document if the server did not stream. Errors
 * after the answer's end are ignored.
 *
 * @throws {ModelError} `Model.Crashed` when the answer breaks off or is malformed; the type that corresponds to the server's own error;
 *   `Model.OutputRejected` when it contains no answer; `Model.Unsupported` when it does not come from a model server
 */
export async function* readAnswer(
  body: AsyncIterable<Uint8Array>,
  { server, ...options }: ReadAnswerOptions,
): AsyncGenerator<StreamPart> {
  const parts = new AnswerParts(server, options);
  const events = eventsOf(body, server);
  try {
    yield* readParts(events, parts, server);
  } finally {
    // Closes the connection if the caller stops reading. Does not wait, because a read in progress could delay this.
    void events.return(undefined).catch(() => undefined);
  }
}

async function* readParts(
  events: AsyncGenerator<ServerEvent>,
  parts: AnswerParts,
  server: ServerDescription,
): AsyncGenerator<StreamPart> {
  for (;;) {
    const event = await nextEvent(events, parts.hasEnded).catch((error: unknown) => {
      if (parts.hasEnded) return undefined;
      throw asModelError(server, error);
    });
    if (event === undefined) break;
    if (event.name === 'error' && !parts.hasEnded) throw failureOfTold(server, parsed(event.data) ?? event.data);
    for (const value of valuesOf(event, server, parts.hasEnded)) {
      if (value === DONE) {
        yield* parts.end();
        return;
      }
      if (isErrorAnswer(value) && !parts.hasEnded) throw failureOfTold(server, value);
      yield* parts.read(value);
    }
  }
  yield* parts.end();
}

const DONE = Symbol('done');

/** Undefined at the end of the stream, or if the answer has ended and nothing more comes soon. */
async function nextEvent(events: AsyncGenerator<ServerEvent>, hasEnded: boolean): Promise<ServerEvent | undefined> {
  const next = events.next();
  if (!hasEnded) return valueOf(await next);
  // The caller then closes the connection, which ends the read.
  next.catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), AFTER_END_MS);
  });
  try {
    return await Promise.race([next.then(valueOf), late]);
  } finally {
    clearTimeout(timer);
  }
}

function valueOf({ done, value }: IteratorResult<ServerEvent, void>): ServerEvent | undefined {
  return done === true ? undefined : (value ?? undefined);
}

/**
 * Parses the JSON of an event. If several lines are not one document, parses each, because some servers omit the empty lines between
 * events.
 */
function* valuesOf({ data }: ServerEvent, server: ServerDescription, hasEnded: boolean): Generator {
  const trimmed = data.trim();
  if (trimmed === '') return;
  const whole = parsed(trimmed);
  if (whole !== undefined) {
    yield whole;
    return;
  }
  for (const line of trimmed.split('\n')) {
    const value = parsed(line.trim());
    if (value !== undefined) yield value;
    else if (line.trim() !== '' && !hasEnded)
      throw broken(server, `a line of it is malformed (${excerpt(line.toWellFormed(), 60)})`);
  }
}

function parsed(text: string): unknown {
  if (text.startsWith('[DONE]')) return DONE;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Ignores the content type that servers declare: a document begins with a brace, an HTML page with `<`. */
async function* eventsOf(body: AsyncIterable<Uint8Array>, server: ServerDescription): AsyncGenerator<ServerEvent> {
  const source = body[Symbol.asyncIterator]();
  const begun: Uint8Array[] = [];
  let first = '';
  while (first === '') {
    const { done, value } = await source.next();
    if (done === true) break;
    begun.push(value);
    first = new TextDecoder().decode(Buffer.concat(begun), { stream: true }).trimStart().slice(0, 1);
  }
  const whole = (async function* () {
    yield* begun;
    for (;;) {
      const { done, value } = await source.next();
      if (done === true) return;
      yield value;
    }
  })();
  if (first !== '{' && first !== '[' && first !== '<') return yield* readEvents(whole);
  const pieces: Uint8Array[] = [];
  for await (const piece of whole) pieces.push(piece);
  const data = new TextDecoder().decode(Buffer.concat(pieces));
  if (first === '<') {
    const page = excerpt(data.replace(/<[^>]*>/gu, ' '), 100);
    throw new ModelError(
      'Model.Unsupported',
      `${server.name} at ${server.url} answered with a web page ("${page}"), not as a model server. ${server.whenDown}`,
    );
  }
  yield { name: 'message', data };
}
