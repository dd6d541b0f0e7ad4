import { setTimeout as sleep } from 'node:timers/promises';
import type { GenerateRequest, GenerateResult, LanguageModel, Prompt } from './language-model.js';
import { ModelError } from './model-error.js';

/** What the model does with one request. */
export type ScriptedReply =
  | string
  | {
      readonly text: string;
      /** Before each word. Default: 0. */
      readonly delayMs?: number;
      /** Throw this in place of the rest, after so many words. */
      readonly failAfter?: { readonly words: number; readonly error: Error };
      /** Wait after so many words until the request is aborted. */
      readonly stallAfterWords?: number;
    };

export interface ScriptedModelOptions {
  readonly modelId?: string;
  /** Default: 2048. */
  readonly contextTokens?: number;
}

export interface ScriptedModel extends LanguageModel {
  /** Every request so far, oldest first. */
  readonly requests: readonly GenerateRequest[];
}

/**
 * A model that says what it is told to, word by word, for tests of what is built on models. Its tokens are words with the space before
 * them, and the token id is the word's position in the reply, so a resumed answer shows where it went on.
 *
 * @param script one reply a request, in order; or a function of the request. When a list is over, the model throws: a request that a
 *   test did not foresee is a fault.
 */
export function createScriptedModel(
  script: readonly ScriptedReply[] | ((request: GenerateRequest) => ScriptedReply),
  options: ScriptedModelOptions = {},
): ScriptedModel {
  const { modelId = 'scripted', contextTokens = 2048 } = options;
  const requests: GenerateRequest[] = [];
  const disposed = new AbortController();

  const nextReply = (request: GenerateRequest): ScriptedReply => {
    if (typeof script === 'function') return script(request);
    const reply = script[requests.length - 1];
    if (reply === undefined) {
      throw new ModelError(
        'Model.Unsupported',
        `The script has ${script.length} replies; this is request ${requests.length}.`,
      );
    }
    return reply;
  };

  return {
    modelId,
    contextTokens,
    requests,
    countPromptTokens: (prompt) => Promise.resolve(countPromptTokens(prompt)),
    async generate(request, { signal, onDelta }) {
      requests.push(request);
      const startedAt = performance.now();
      const reply = nextReply(request);
      const {
        text: whole,
        delayMs = 0,
        failAfter,
        stallAfterWords,
      } = typeof reply === 'string' ? { text: reply } : reply;
      const words = whole.match(/\s*\S+\s*$|\s*\S+/gu) ?? [];
      const aborted = AbortSignal.any([signal, disposed.signal]);
      let text = request.resumeFrom?.text ?? '';
      let written = request.resumeFrom?.tokens.length ?? 0;
      let finishReason: GenerateResult['finishReason'] = 'stop';
      for (; written < words.length; written++) {
        if (failAfter?.words === written) throw failAfter.error;
        if (stallAfterWords === written) await untilAborted(aborted);
        else if (delayMs > 0) await sleep(delayMs, undefined, { signal: aborted }).catch(() => undefined);
        if (aborted.aborted || written >= request.maxOutputTokens) {
          finishReason = aborted.aborted ? 'cancelled' : 'length';
          break;
        }
        const word = words[written] ?? '';
        onDelta({ offset: text.length, text: word, tokens: [written] });
        text += word;
      }
      const durationMs = performance.now() - startedAt;
      const inputTokens = countPromptTokens(request.prompt);
      return {
        text,
        finishReason,
        usage: { inputTokens, cachedInputTokens: 0, outputTokens: written, durationMs: Math.round(durationMs) },
        tokensPerSecond: written / Math.max(durationMs / 1000, 0.001),
        firstTokenMs: 0,
      };
    },
    dispose: () => Promise.resolve(disposed.abort()),
  };
}

/** One token a word, and one for each message. */
function countPromptTokens(prompt: Prompt): number {
  if (prompt.type === 'text') return countWords(prompt.text);
  return prompt.messages.reduce((sum, { text }) => sum + 1 + countWords(text), countWords(prompt.persona ?? ''));
}

function countWords(text: string): number {
  return text.match(/\S+/gu)?.length ?? 0;
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
