import type { FinishReason } from '../domain/session/conversation.js';
import { ENGINE_CAPABILITIES } from './capabilities.js';
import type {
  GenerateOptions,
  GenerateProgress,
  GenerateRequest,
  GenerateResult,
  LanguageModel,
  Prompt,
} from './language-model.js';
import { ModelError } from './model-error.js';

/** The scripted model's reaction to one request. */
export type ScriptedReply =
  /** Answers with this text. */
  | string
  | {
      readonly text: string;
      /** Written before the text, unless the prompt says not to think; up to `maxThinkingTokens` pieces. */
      readonly thinking?: string;
      /** Pause before each piece, which is a word with the preceding space. Default: 0, the whole answer comes at once. */
      readonly delayMs?: number;
      /** Reported before the first piece, each after `delayMs`. */
      readonly progress?: readonly GenerateProgress[];
      /** Thrown once the text is written. */
      readonly failure?: ModelError;
    }
  /** Throws this. */
  | ModelError
  /** Writes `text`, then nothing more until cancelled or past its deadline. Reports `progress` first. */
  | { readonly stall: true; readonly text?: string; readonly progress?: readonly GenerateProgress[] };

/** Replies in order, one per request, or a function that computes each reply from its request. */
export type Script = readonly ScriptedReply[] | ((request: GenerateRequest) => ScriptedReply);

export interface ScriptedModelOptions {
  /** Default: `scripted`. */
  readonly modelId?: string;
  /** Default: 4096. */
  readonly contextTokens?: number;
}

export interface ScriptedModel extends LanguageModel {
  /** Every request made, oldest first, including failed and cancelled ones. */
  readonly requests: readonly GenerateRequest[];
}

/**
 * A model that follows a script, for tests of everything around models. A token is a word with the preceding space: the prompt has as many
 * tokens as persona and messages have words, and the n-th piece of an answer has token id n, from 0. It honours `resumeFrom`, `stop`,
 * `maxOutputTokens`, `timeoutMs` and `signal` as a real model does, and answers immediately unless the script sets a delay.
 *
 * @throws {Error} on a request after the script's last reply, because a test that sends more requests than it has replies is wrong.
 */
export function createScriptedModel(script: Script, options: ScriptedModelOptions = {}): ScriptedModel {
  const { modelId = 'scripted', contextTokens = 4096 } = options;
  const requests: GenerateRequest[] = [];
  const disposal = new AbortController();
  return {
    modelId,
    contextTokens,
    capabilities: { ...ENGINE_CAPABILITIES, beamSearch: false, topLogprobs: -1 },
    requests,
    countPromptTokens: async (prompt) => countWords(prompt),
    async generate(request, { signal, ...callbacks }) {
      requests.push(request);
      const reply = typeof script === 'function' ? script(request) : script[requests.length - 1];
      if (reply === undefined) throw new Error(`The script is over: request ${requests.length} has no reply`);
      if (reply instanceof ModelError) throw reply;
      const promptTokens = countWords(request.prompt);
      if (promptTokens >= contextTokens) throw overflow(promptTokens, contextTokens);
      return perform(reply, request, { signal: AbortSignal.any([signal, disposal.signal]), ...callbacks });
    },
    async beamSearch() {
      throw new ModelError('Model.Unsupported', 'A scripted model has no beams to search.');
    },
    async forget() {},
    async dispose() {
      disposal.abort();
    },
  };
}

type Performance = Exclude<ScriptedReply, ModelError>;

async function perform(
  reply: Performance,
  request: GenerateRequest,
  options: GenerateOptions,
): Promise<GenerateResult> {
  const startedAt = performance.now();
  const { resumeFrom, stop = [], maxOutputTokens, timeoutMs = Number.POSITIVE_INFINITY } = request;
  const { text: whole = '', delayMs = 0, stall = false, failure, progress = [] } = scene(reply);
  const end = Math.min(whole.length, ...stop.map((one) => whole.indexOf(one)).filter((at) => at >= 0));
  const thoughts = thoughtPieces(scene(reply).thinking, request);
  const pieces = [...thoughts, ...piecesOf(whole.slice(0, end))];
  let { text = '', thinking = '' } = resumeFrom ?? {};
  let written = resumeFrom?.tokens.length ?? 0;
  // Readers may have seen more text than the tokens spell.
  const shownLength = thinking.length + text.length;
  while (written < pieces.length && lengthOf(pieces.slice(0, written)) < shownLength) written++;
  let firstTokenAt: number | undefined;

  const remainingMs = () => timeoutMs - (performance.now() - startedAt);
  const interrupted = (): FinishReason | undefined => {
    if (options.signal.aborted) return 'cancelled';
    return remainingMs() <= 0 ? 'deadline' : undefined;
  };
  const write = async (): Promise<FinishReason> => {
    for (const step of progress) {
      if (delayMs > 0) await pause(Math.min(delayMs, remainingMs()), options.signal);
      if (interrupted() === undefined) options.onProgress?.(step);
    }
    for (;;) {
      const reason = interrupted();
      if (reason !== undefined) return reason;
      const piece = pieces[written];
      if (piece === undefined) {
        if (failure) throw failure;
        if (!stall) return 'stop';
        await pause(remainingMs(), options.signal);
        continue;
      }
      if (written >= maxOutputTokens) return 'length';
      if (delayMs > 0) await pause(Math.min(delayMs, remainingMs()), options.signal);
      if (interrupted() !== undefined) continue;
      firstTokenAt ??= performance.now();
      if (written < thoughts.length) {
        options.onDelta({ part: 'thinking', offset: thinking.length, text: piece, tokens: [written] });
        thinking += piece;
      } else {
        options.onDelta({ offset: text.length, text: piece, tokens: [written] });
        text += piece;
      }
      written++;
    }
  };
  const finishReason = await write();

  const durationMs = Math.round(performance.now() - startedAt);
  const usage = { inputTokens: countWords(request.prompt), cachedInputTokens: 0, outputTokens: written, durationMs };
  return {
    text,
    ...(thinking !== '' && { thinking }),
    finishReason,
    usage: thinking === '' ? usage : { ...usage, thinkingTokens: Math.min(written, thoughts.length) },
    tokensPerSecond: durationMs > 0 ? (written / durationMs) * 1000 : 0,
    firstTokenMs: (firstTokenAt ?? performance.now()) - startedAt,
  };
}

function thoughtPieces(thinking: string | undefined, { prompt, maxThinkingTokens }: GenerateRequest): string[] {
  if (thinking === undefined || (prompt.type === 'chat' && prompt.thinking === false)) return [];
  return piecesOf(thinking).slice(0, maxThinkingTokens);
}

function scene(reply: Performance): {
  text?: string;
  thinking?: string;
  delayMs?: number;
  stall?: boolean;
  failure?: ModelError;
  progress?: readonly GenerateProgress[];
} {
  return typeof reply === 'string' ? { text: reply } : reply;
}

/** Splits text into words, each with the preceding white space; trailing white space is a piece of its own. */
function piecesOf(text: string): string[] {
  return text.match(/\s*\S+|\s+$/g) ?? [];
}

function lengthOf(pieces: readonly string[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

function countWords(prompt: Prompt): number {
  const texts =
    prompt.type === 'text' ? [prompt.text] : [prompt.persona ?? '', ...prompt.messages.map(({ text }) => text)];
  return texts.reduce((sum, text) => sum + (text.match(/\S+/g)?.length ?? 0), 0);
}

function overflow(promptTokens: number, contextTokens: number): ModelError {
  return new ModelError(
    'Model.ContextOverflow',
    `The prompt has ${promptTokens} tokens; the scripted model can hold ${contextTokens}`,
    { details: { promptTokens, contextTokens } },
  );
}

/** Resolves after `ms`, never if infinite, or as soon as `signal` aborts. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    // Timers take at most 2^31-1 ms; the caller repeats a pause that ends early.
    const timer = setTimeout(done, Math.min(ms, 2 ** 31 - 1));
    signal.addEventListener('abort', done);
  });
}
