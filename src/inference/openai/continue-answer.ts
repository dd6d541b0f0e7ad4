import { z } from 'zod';
import type { StreamPart } from '../http/stream-part.js';
import type { Checkpoint } from '../language-model.js';
import { ModelError } from '../model-error.js';
import type { PromptBody } from './chat-messages.js';
import type { AskServer } from './probe-server.js';
import type { ServerKind, ServerTraits } from './server-kind.js';
import { writeAgain } from './write-again.js';

/** An answer that another attempt began, and a server that is to go on with it. */
export interface BegunAnswer {
  readonly kind: ServerKind;
  readonly traits: ServerTraits;
  /** As the server names the model. */
  readonly name: string;
  /** Without the version in the path. */
  readonly rootUrl: string;
  readonly ask: AskServer;
  /** The prompt alone, and the prompt with the answer so far at its end. */
  readonly body: PromptBody;
  readonly continued: PromptBody;
  readonly resumeFrom: Checkpoint;
  /** Has the rest written. `extra`: fields of the request beyond the usual ones. */
  readonly rest: (body: PromptBody, extra?: Readonly<Record<string, unknown>>) => AsyncIterable<StreamPart>;
  /** Has the answer written from its beginning. */
  readonly whole: () => AsyncIterable<StreamPart>;
}

/**
 * Goes on with an answer, in the first of these ways that the server does not refuse: with the answer as the last message; as raw text after
 * what the server's template makes of the messages; with the answer as the last message and thinking switched off, since an answer that has
 * begun is past its thoughts; and written again from the beginning (`writeAgain`). Servers that are not known to go on with a last message
 * begin with the last way, and are asked in the others where it comes out differently.
 *
 * @throws {ModelError} what the server said to the first way, when it refuses all of them; any other failure as it comes
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

/** The first of these ways that the server does not refuse. Once a way has given a piece, it is the one: what it throws then is thrown. */
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

/** UTF-16 units. An answer that begins by chance as the answer so far does is shorter. */
const LEAST_REPEATED = 16;

/** Passes over what was shown where a server takes the request, but begins the answer anew: gateways drop a last message of the assistant. */
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

/** What servers say of a request that they do not take, a template that fails over it included. A server that is busy says something else. */
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

/** What ends the thoughts that a prompt begins by its last mark (`<think>`, `<seed:think>`, `[THINK]`); empty where it begins none. */
export function closedThoughts(prompt: string, thinking = ''): string {
  const mark = /(?:<(?<angle>[a-z:_]*think[a-z]*)>|\[(?<square>THINK)\])\s*$/u.exec(prompt)?.groups;
  if (mark === undefined) return '';
  const { angle, square } = mark;
  const close = angle === undefined ? `[/${square ?? ''}]` : `</${angle}>`;
  return `${thinking}\n${close}\n\n`;
}
