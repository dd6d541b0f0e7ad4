import { excerpt } from '../../domain/text.js';
import { reasonOf } from '../../net/reason-of.js';
import { parseRetryAfter } from '../../net/retry-after.js';
import { ModelError } from '../model-error.js';
import { toldError } from './error-answer.js';

/** Texts about a model's server for users. */
export interface ServerDescription {
  readonly modelId: string;
  /** Name that begins a sentence, e.g. `Ollama`, `The server`. */
  readonly name: string;
  readonly url: string;
  /** A sentence with advice for when nothing answers there. */
  readonly whenDown: string;
  /** A sentence with advice for when the server lacks the model. */
  readonly whenModelMissing: string;
  /** A sentence with advice for when the server refuses the key. */
  readonly whenRefused: string;
}

const RETRY_MS = 2_000;
const LONGEST_DETAIL = 300;

/** The server does not answer, or not in time. */
export function unreachable({ name, url, modelId, whenDown }: ServerDescription, cause: unknown): ModelError {
  return new ModelError(
    'Model.Unavailable',
    `${name} at ${url} does not answer for model "${modelId}": ${reasonOf(cause)}. ${whenDown}`,
    {
      cause,
      retryAfterMs: RETRY_MS,
    },
  );
}

/** The answer ended in the middle, or is not a valid answer. */
export function broken({ name, url, modelId }: ServerDescription, why: string, cause?: unknown): ModelError {
  return new ModelError(
    'Model.Crashed',
    `${name} at ${url} broke off the answer of model "${modelId}": ${why}. The next attempt continues it; if this happens again, see the server's log.`,
    { cause, details: { reason: why } },
  );
}

/** Interprets an error that comes instead of an answer, or in the middle of one. `value` is the JSON that the server sent. */
export function failureOfTold(server: ServerDescription, value: unknown): ModelError {
  const told = toldError(value);
  if (told === undefined) return broken(server, 'it reports an error and no reason');
  if (told.status !== undefined) return failureOfStatus(server, told.status, told.message, null);
  const said = detailOf(told.message);
  return overflowOf(server, said) ?? broken(server, said);
}

/** Interprets a status other than success. `body` is the unchanged body of the response. */
export function failureOfStatus(
  server: ServerDescription,
  status: number,
  body: string,
  retryAfter: string | null,
): ModelError {
  const { name, url, modelId } = server;
  const said = detailOf(body);
  const where = `${name} at ${url}`;
  const details = { status };
  const overflow = overflowOf(server, said);
  if (overflow !== undefined) return overflow;
  switch (status) {
    case 401:
    case 403:
      return new ModelError(
        'Model.Unsupported',
        `${where} refuses access (${status}: ${said}). ${server.whenRefused}`,
        {
          details,
        },
      );
    case 404:
      return new ModelError(
        'Model.NotFound',
        `${where} has no model "${modelId}" (${said}). ${server.whenModelMissing}`,
        {
          details,
        },
      );
    case 408:
    case 429:
    case 502:
    case 503:
    case 504:
      return new ModelError(
        'Model.Unavailable',
        `${where} is busy or starting (${status}: ${said}). It is asked again later.`,
        {
          details,
          retryAfterMs: parseRetryAfter(retryAfter) ?? RETRY_MS,
        },
      );
    default:
      if (status >= 500) {
        return new ModelError(
          'Model.Crashed',
          `${where} failed (${status}: ${said}). See its log if it happens again.`,
          { details },
        );
      }
      return new ModelError(
        'Model.Unsupported',
        `${where} refuses the request for model "${modelId}" (${status}: ${said}).`,
        {
          details,
        },
      );
  }
}

/**
 * Recognizes the messages of servers for a prompt that is too long; undefined for other messages.
 *
 * source: vLLM and OpenAI "maximum context length is 4096 tokens. However, you requested 5000 tokens"; llama.cpp's server "the request
 * exceeds the available context size", in newer ones with `n_prompt_tokens` and `n_ctx`; TGI "inputs tokens + max_new_tokens must be <=
 * 4096"; LM Studio "greater than the context length"; Ollama "input length exceeds the context length".
 */
function overflowOf({ name, url, modelId }: ServerDescription, said: string): ModelError | undefined {
  const patterns = [
    /maximum context length is (?<context>\d+) tokens(?:.*?(?:requested|has|contains|resulted in)[^\d]*(?<prompt>\d+))?/iu,
    /request(?: \((?<prompt>\d+) tokens\))? exceeds the available context size(?: \((?<context>\d+) tokens\))?/iu,
    /inputs?`? tokens.*must be <= (?<context>\d+)/iu,
    /greater than the context length/iu,
    /exceeds? (?:the )?(?:model's )?(?:maximum )?context (?:length|window)/iu,
    /context_length_exceeded/iu,
  ];
  const match = patterns.map((pattern) => pattern.exec(said)).find((one) => one !== null);
  if (match === undefined || match === null) return undefined;
  const { context, prompt } = match.groups ?? {};
  return new ModelError(
    'Model.ContextOverflow',
    `The prompt is too long for model "${modelId}". ${name} at ${url} says "${said}". ` +
      'Shorten the message or the persona, or start the server with a longer context.',
    {
      details: {
        ...(prompt !== undefined && { promptTokens: Number(prompt) }),
        ...(context !== undefined && { contextTokens: Number(context) }),
      },
    },
  );
}

/** The message in a JSON body as servers write it, otherwise the body's beginning; one line. */
function detailOf(body: string): string {
  const line = excerpt((messageIn(body) ?? body).toWellFormed(), LONGEST_DETAIL);
  return line === '' ? 'no reason given' : line;
}

function messageIn(body: string): string | undefined {
  try {
    return toldError(JSON.parse(body))?.message;
  } catch {
    return undefined;
  }
}
