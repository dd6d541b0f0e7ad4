import { z } from 'zod';
import type { ServerDescription } from '../http/http-failure.js';
import type { PromptBody } from './chat-messages.js';
import { rootOf, type AskServer } from './probe-server.js';
import type { ServerKind } from './server-kind.js';

export interface TokenCounter {
  /** Exact where the server counts, else never less than exact. */
  count(body: PromptBody): Promise<number>;
  readonly isExact: boolean;
}

/** Of the template: more than any known one puts around a message or before the first. */
const TOKENS_AROUND_MESSAGE = 16;
const TOKENS_BEFORE_MESSAGES = 64;

const vllmCount = z.object({ count: z.number() });
const llamaTokens = z.object({ tokens: z.array(z.unknown()) });
const llamaPrompt = z.object({ prompt: z.string() });

/**
 * Counts by the server's own tokenizer where it offers one: vLLM's and llama.cpp's `/tokenize`. Others are given a safe bound, the bytes
 * of the text, which is about four times too much for English: no vocabulary has tokens of less than a byte.
 */
export function createTokenCounter(
  kind: ServerKind,
  name: string,
  server: ServerDescription,
  ask: AskServer,
): TokenCounter {
  const url = rootOf(server);
  switch (kind) {
    case 'vllm':
      return {
        isExact: true,
        // source: https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html, "Tokenizer API"
        count: async (body) => vllmCount.parse(await ask(`${url}/tokenize`, { model: name, ...body })).count,
      };
    case 'llamacpp':
      return {
        isExact: true,
        // source: https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md, "/apply-template" and "/tokenize"
        count: async (body) => {
          const content =
            'prompt' in body ? body.prompt : llamaPrompt.parse(await ask(`${url}/apply-template`, body)).prompt;
          const request = { content, add_special: true, parse_special: true };
          return llamaTokens.parse(await ask(`${url}/tokenize`, request)).tokens.length;
        },
      };
    case 'ollama':
    case 'other':
      return { isExact: false, count: async (body) => boundTokens(body) };
  }
}

export function boundTokens(body: PromptBody): number {
  if ('prompt' in body) return Buffer.byteLength(body.prompt) + TOKENS_AROUND_MESSAGE;
  const texts = body.messages.map(({ content }) => Buffer.byteLength(content) + TOKENS_AROUND_MESSAGE);
  return texts.reduce((sum, tokens) => sum + tokens, TOKENS_BEFORE_MESSAGES);
}
