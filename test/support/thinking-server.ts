import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerResponse } from 'node:http';
import type { ModelRequest, ModelServerOptions } from './model-server.js';

/** In the pieces in which they are written. */
export const THOUGHTS = ['The user ', 'asks about ', 'the sky; ', 'light scatters.'];
export const ANSWER = ['The sky ', 'is blue ', 'because air ', 'scatters light.'];

export interface ThinkingServerOptions extends Pick<ModelServerOptions, 'ownedBy'> {
  /** Pieces after which it dies, in its first answer. Default: it lives. */
  readonly diesAfter?: number;
  /** Whether it goes on with an assistant message at the end, its thoughts included, as new versions of llama.cpp's server do. */
  readonly isNew?: boolean;
  /** In pieces, each ending with its white space. Default: `THOUGHTS`, `ANSWER`. */
  readonly thoughts?: readonly string[];
  readonly answer?: readonly string[];
  /** Between pieces. Default: 0. */
  readonly pieceMs?: number;
  /** What it thinks the second time. Default: the same. */
  readonly secondThoughts?: readonly string[];
}

/** A model that thinks before it answers, unless it is told not to, and whose server may die in the middle. */
export function thinkingServer(options: ThinkingServerOptions): ModelServerOptions {
  let answers = 0;
  const { ownedBy, answer = ANSWER, pieceMs = 0 } = options;
  return {
    ownedBy,
    answer: async (response, body) => {
      const isFirst = answers++ === 0;
      const last = body.messages?.at(-1);
      if (last?.['role'] === 'assistant' && options.isNew !== true) {
        answers--;
        return refuse(response);
      }
      const { thoughts: firstThoughts = THOUGHTS, secondThoughts = firstThoughts } = options;
      const thoughts = isFirst ? firstThoughts : secondThoughts;
      const pieces = [
        ...(isOff(body) ? [] : piecesAfter(last?.['reasoning_content'], thoughts)).map((text) => [
          'reasoning_content',
          text,
        ]),
        ...piecesAfter(last?.['role'] === 'assistant' ? last['content'] : '', answer).map((text) => ['content', text]),
      ];
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const [index, [field = '', text]] of pieces.entries()) {
        if (isFirst && index === options.diesAfter) {
          setTimeout(() => response.destroy(), 20);
          return;
        }
        if (pieceMs > 0) await sleep(pieceMs);
        if (response.destroyed) return;
        response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { [field]: text } }] })}\n\n`);
      }
      response.end('data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n');
    },
  };
}

function isOff({ chat_template_kwargs, reasoning_effort }: ModelRequest): boolean {
  return reasoning_effort === 'none' || JSON.stringify(chat_template_kwargs ?? {}).includes('"enable_thinking":false');
}

/** What is left of a text in pieces once its beginning is written. */
function piecesAfter(begun = '', pieces: readonly string[]): string[] {
  const rest = pieces.join('').slice(begun.length);
  return rest.match(/\S+\s*/gu) ?? [];
}

function refuse(response: ServerResponse): void {
  const message = 'Assistant response prefill is incompatible with enable_thinking.';
  response.writeHead(400, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error: { code: 400, message, type: 'invalid_request_error' } }));
}
