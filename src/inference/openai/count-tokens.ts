import { z } from 'zod';
import type { ServerDescription } from '../http/http-failure.js';
import { ModelError } from '../model-error.js';
import type { PromptBody } from './chat-messages.js';
import { rootOf, type AskServer } from './probe-server.js';
import type { ServerKind } from './server-kind.js';

export interface TokenCounter {
  /** Counts exactly if the server counts, otherwise returns an upper bound. */
  count(body: PromptBody): Promise<number>;
  /** Whether all counts so far were exact; a server that is expected to count may turn out not to. */
  readonly isExact: boolean;
}

/** Tokens of the template: more than any known template puts around a message or before the first one. */
const TOKENS_AROUND_MESSAGE = 16;
const TOKENS_BEFORE_MESSAGES = 64;

const vllmCount = z.object({ count: z.number() });
const llamaTokens = z.object({ tokens: z.array(z.unknown()) });
const llamaPrompt = z.object({ prompt: z.string() });

/**
 * Counts with the server's own tokenizer if it offers one: `/tokenize` of vLLM and llama.cpp. For other servers, and gateways that do not
 * forward these requests, the count is a safe bound: the number of bytes of the text, since every token has at least a byte. For English,
 * that is about four times too much.
 */
export function createTokenCounter(
  kind: ServerKind,
  name: string,
  server: ServerDescription,
  ask: AskServer,
): TokenCounter {
  const count = counterOf(kind, name, rootOf(server), ask);
  let isExact = count !== undefined;
  return {
    get isExact() {
      return isExact;
    },
    count: async (body) => {
      const counted = isExact ? await count?.(body).catch(undefinedWhereRefused) : undefined;
      if (counted === undefined) isExact = false;
      return counted ?? boundTokens(body);
    },
  };
}

/** A result is undefined if the server's response does not contain a count. */
function counterOf(
  kind: ServerKind,
  name: string,
  url: string,
  ask: AskServer,
): ((body: PromptBody) => Promise<number | undefined>) | undefined {
  switch (kind) {
    case 'vllm':
      // source: https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html, "Tokenizer API"
      return async (body) => vllmCount.safeParse(await ask(`${url}/tokenize`, { model: name, ...body })).data?.count;
    case 'llamacpp':
      // source: https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md, "/apply-template" and "/tokenize". The router
      // finds the instance by `model`; a server with one model ignores it.
      return async (body) => {
        const content =
          'prompt' in body
            ? body.prompt
            : llamaPrompt.safeParse(await ask(`${url}/apply-template`, { model: name, ...body })).data?.prompt;
        if (content === undefined) return undefined;
        const request = { model: name, content, add_special: true, parse_special: true };
        return llamaTokens.safeParse(await ask(`${url}/tokenize`, request)).data?.tokens.length;
      };
    case 'sglang':
    case 'ollama':
    case 'other':
      return undefined;
  }
}

/** Handles only permanent refusals, because a server that is busy now will count later. */
function undefinedWhereRefused(error: unknown): undefined {
  if (error instanceof ModelError && (error.type === 'Model.NotFound' || error.type === 'Model.Unsupported')) return;
  throw error;
}

export function boundTokens(body: PromptBody): number {
  if ('prompt' in body) return Buffer.byteLength(body.prompt) + TOKENS_AROUND_MESSAGE;
  const texts = body.messages.map(
    ({ content, reasoning_content, reasoning }) =>
      Buffer.byteLength(content) + Buffer.byteLength(reasoning_content ?? reasoning ?? '') + TOKENS_AROUND_MESSAGE,
  );
  return texts.reduce((sum, tokens) => sum + tokens, TOKENS_BEFORE_MESSAGES);
}
