import { z } from 'zod';
import type { StreamPart } from '../http/stream-part.js';
import type { Checkpoint } from '../language-model.js';
import { ModelError } from '../model-error.js';
import type { PromptBody } from './chat-messages.js';
import type { AskServer } from './probe-server.js';
import type { ServerKind, ServerTraits } from './server-kind.js';
import { writeAgain } from './write-again.js';

/** An answer that another attempt began, and the server that should continue it. */
export interface BegunAnswer {
  readonly kind: ServerKind;
  readonly traits: ServerTraits;
  /** Name of the model on the server. */
  readonly name: string;
  /** The server's address without the version in the path. */
  readonly rootUrl: string;
  readonly ask: AskServer;
  /** The prompt, and the prompt with the answer so far at its end. */
  readonly body: PromptBody;
  readonly continued: PromptBody;
  readonly resumeFrom: Checkpoint;
  /** Requests the rest of the answer. `extra`: additional fields of the request. */
  readonly rest: (body: PromptBody, extra?: Readonly<Record<string, unknown>>) => AsyncIterable<StreamPart>;
  /** Requests the answer from its beginning. */
  readonly whole: () => AsyncIterable<StreamPart>;
}

/**
 * Continues an answer in the first of these ways that the server accepts:
 * 1. with the answer as the last message;
 * 2. as raw text after the prompt that the server's template makes of the messages;
 * 3. with the answer as the last message and thinking switched off, since an answer that has begun is past its thoughts;
 * 4. written again from the beginning (`writeAgain`).
 *
 * Servers that are not known to continue a last message start with the last way, and use the others only if the new answer differs.
 *
 * @throws {ModelError} the server's response to the first way, if it refuses all of them; any other failure unchanged
 */
export function continueAnswer(begun: BegunAnswer): AsyncIterable<StreamPart> {
  const { body, continued, resumeFrom, traits, whole } = begun;
  const rest: BegunAnswer['rest'] = (...asked) => withoutShown(begun.rest(...asked), resumeFrom.text);
  if (!('messages' in body)) return rest(continued);
  const { continuation = {} } = traits;
  const goOn = [
    () => rest(continued, continuation),
    ...(begun.kind === 'llamacpp' ? [() => restOfRawText({ ...begun, rest })] : []),
    () => rest({ ...continued, ...traits.thinking(false) }, continuation),
  ];
  const shown = { shown: resumeFrom.text, shownTokens: resumeFrom.tokens.length };
  if (!traits.continuation) return writeAgain(whole(), shown, () => firstAccepted(goOn));
  return firstAccepted([...goOn, (refusal) => writeAgain(whole(), shown, () => refused(refusal))]);
}

type Way = (refusal: ModelError | undefined) => AsyncIterable<StreamPart>;

/** Uses the first of these ways that the server accepts. Once a way has yielded a part, its errors are passed on. */
export async function* firstAccepted(ways: readonly Way[]): AsyncGenerator<StreamPart> {
  let refusal: ModelError | undefined;
  for (const way of ways) {
    let isAccepted = false;
    try {
      for await (const part of way(refusal)) {
        isAccepted = true;
        yield part;
      }
      return;
    } catch (error) {
      if (isAccepted || !(isRefusal(error) || error instanceof z.ZodError)) throw error;
      if (isRefusal(error)) refusal ??= error;
    }
  }
  if (refusal !== undefined) throw refusal;
}

/** In UTF-16 units. A new answer that repeats the beginning of the old one by chance repeats less than this. */
const LEAST_REPEATED = 16;

/**
 * Skips text that was already shown if a server accepts the request but starts the answer over: gateways drop a last message of the
 * assistant.
 */
async function* withoutShown(parts: AsyncIterable<StreamPart>, shown: string): AsyncGenerator<StreamPart> {
  let held: StreamPart[] = [];
  let written = '';
  let isHolding = shown.length >= LEAST_REPEATED;
  for await (const part of parts) {
    if (!isHolding || (part.type !== 'text' && written === '')) {
      yield part;
      continue;
    }
    held.push(part);
    if (part.type !== 'text') continue;
    written += part.text;
    if (shown.startsWith(written)) continue;
    isHolding = false;
    if (!written.startsWith(shown)) yield* held;
    else yield { ...part, text: written.slice(shown.length) };
    held = [];
  }
  yield* held;
}

// eslint-disable-next-line require-yield -- in the place of an answer
async function* refused(refusal: ModelError | undefined): AsyncGenerator<StreamPart> {
  throw refusal ?? new ModelError('Model.Unsupported', 'The server cannot continue an answer.');
}

/**
 * Statuses for requests that a server does not accept, including those over which its template fails. A busy server answers with another
 * status.
 */
const REFUSALS = new Set<unknown>([400, 404, 405, 415, 422, 500, 501]);

function isRefusal(error: unknown): error is ModelError {
  if (!(error instanceof ModelError) || error.type === 'Model.ContextOverflow') return false;
  return REFUSALS.has(error.options.details?.['status']);
}

const rendered = z.object({ prompt: z.string() });

// source: https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md, "/apply-template"
async function* restOfRawText({ name, rootUrl, ask, body, continued, rest }: BegunAnswer): AsyncGenerator<StreamPart> {
  const { prompt } = rendered.parse(await ask(`${rootUrl}/apply-template`, { model: name, ...body }));
  const answer = 'messages' in continued ? continued.messages.at(-1) : undefined;
  yield* rest({ prompt: prompt + closedThoughts(prompt, answer?.reasoning_content) + (answer?.content ?? '') });
}

/** Closes the thoughts that the last mark of a prompt opens (`<think>`, `<seed:think>`, `[THINK]`); empty if it opens none. */
export function closedThoughts(prompt: string, thinking = ''): string {
  const mark = /(?:<(?<angle>[a-z:_]*think[a-z]*)>|\[(?<square>THINK)\])\s*$/u.exec(prompt)?.groups;
  if (mark === undefined) return '';
  const { angle, square } = mark;
  const close = angle === undefined ? `[/${square ?? ''}]` : `</${angle}>`;
  return `${thinking}\n${close}\n\n`;
}
