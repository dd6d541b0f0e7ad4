import { Ollama, type ChatResponse, type Message, type Options } from 'ollama';
import { z } from 'zod';
import type { ChatPrompt } from '../chat-template/chat-variables.js';
import { asModelError, createLineCheck, exchangeFetch, type ExchangeLimits } from '../http/http-exchange.js';
import type { ServerDescription } from '../http/http-failure.js';
import type { StreamPart } from '../http/stream-part.js';
import type { Checkpoint } from '../language-model.js';
import { withoutThoughts } from '../openai/limit-thoughts.js';
import { thinkAgain } from '../openai/think-again.js';
import { writeAgain } from '../openai/write-again.js';

export interface ServerChatOptions {
  readonly name: string;
  readonly server: ServerDescription;
  readonly limits: ExchangeLimits;
  /** Whether the model's thinking can be switched on and off. */
  readonly knowsThinking: boolean;
  /** Whether the model has its own persona, which the server adds to conversations without one. */
  readonly hasPersona: boolean;
  /** Breaks marks in user text. */
  readonly plain: (text: string) => string;
  /** Counts the tokens of a text. */
  readonly count: (text: string) => number;
}

export interface ChatBody {
  readonly messages: readonly Message[];
  readonly think: boolean | undefined;
}

/**
 * Tells the server neither to cut a prompt that is too long, nor to drop its beginning while writing the answer. Newer servers know these
 * fields but the client's types do not; older servers ignore them.
 *
 * source: https://github.com/ollama/ollama/blob/v0.17.4/api/types.go, `ChatRequest`
 */
export const UNCUT = { truncate: false, shift: false };

/** An answer to write, or the rest of one. */
export interface ChatAnswer {
  readonly body: ChatBody;
  /** The same with the answer so far as its last message, if there is one. */
  readonly begun: ChatBody | undefined;
  readonly resumeFrom: Checkpoint | undefined;
  /** Sends the request to the server. `more`: number of tokens that it may write beyond those that the answer has left. */
  readonly ask: (body: ChatBody, more: number, signal: AbortSignal) => AsyncIterable<StreamPart>;
}

/** Upper bound for the marks around a message and text that a renderer adds. source: ollama v0.17.4, `model/renderers` */
const TOKENS_PER_MESSAGE = 32;
const TOKENS_PER_PROMPT = 256;

/**
 * Conversations through `/api/chat`, with a model whose prompts only the server can build. The server is told neither to cut a prompt nor
 * to drop its beginning. Newer servers return the prompt that they would build (`_debug_render_only`), which is then counted; for others,
 * the count is an upper bound.
 */
export class ServerChat {
  private rendersForUs = true;

  constructor(private readonly options: ServerChatOptions) {}

  body({ persona = '', messages, thinking }: ChatPrompt, resumeFrom?: Checkpoint): ChatBody {
    const { plain, hasPersona, knowsThinking } = this.options;
    const said = [...messages, ...(resumeFrom ? [{ role: 'assistant' as const, ...resumeFrom }] : [])];
    return {
      messages: [
        ...(persona !== '' || hasPersona ? [{ role: 'system', content: plain(persona) }] : []),
        ...said.map(({ role, text, thinking: thought = '' }) => ({
          role,
          content: plain(text),
          ...(thought !== '' && { thinking: plain(thought) }),
        })),
      ],
      think: knowsThinking ? thinking : undefined,
    };
  }

  /** Tokens of the prompt: exact if the server returns the prompt, otherwise an upper bound. */
  async count(body: ChatBody, contextTokens: number, signal: AbortSignal): Promise<number> {
    const rendered = await this.rendered(body, contextTokens, signal);
    return rendered === undefined ? this.bound(body) : this.options.count(rendered);
  }

  /**
   * Writes the answer, or the rest of one that another attempt began. If the server continues a last message of the assistant, the rest
   * follows that message; otherwise the answer is written again (`writeAgain`). Unfinished thoughts are always written again
   * (`thinkAgain`).
   */
  async planAnswer({ body, begun, resumeFrom, ask }: ChatAnswer, contextTokens: number, signal: AbortSignal) {
    if (resumeFrom === undefined) return (ending: AbortSignal) => ask(body, 0, ending);
    const { text: shown, thinking = '', tokens } = resumeFrom;
    const shownTokens = tokens.length;
    if (begun === undefined) {
      return (ending: AbortSignal) => thinkAgain(ask(body, shownTokens, ending), { shown: thinking, shownTokens });
    }
    const continues = await this.continues(begun, contextTokens, signal);
    return (ending: AbortSignal): AsyncIterable<StreamPart> => {
      const goOn = (): AsyncIterable<StreamPart> => withoutInput(ask(begun, 0, ending));
      if (continues) return withoutThoughts(goOn());
      return withoutThoughts(writeAgain(ask(body, shownTokens, ending), { shown, shownTokens }, goOn));
    };
  }

  /** Whether the server continues the last message instead of answering it. */
  private async continues(body: ChatBody, contextTokens: number, signal: AbortSignal): Promise<boolean> {
    const rendered = await this.rendered(body, contextTokens, signal);
    const text = body.messages.at(-1)?.content ?? '';
    return rendered?.trimEnd().endsWith(text.trimEnd()) ?? false;
  }

  async *stream(
    body: ChatBody,
    settings: { readonly options: Partial<Options>; readonly format: object | undefined },
    signal: AbortSignal,
  ): AsyncGenerator<StreamPart> {
    const { name, server, limits } = this.options;
    const fetch = exchangeFetch(server, limits, signal, createLineCheck());
    try {
      const request = { model: name, ...uncut(body), ...settings, stream: true as const };
      const parts = await new Ollama({ host: server.url, fetch }).chat(request);
      for await (const part of parts) yield* partsOf(part);
    } catch (error) {
      throw asModelError(server, error);
    }
  }

  /** The prompt that the server would build; undefined if it does not return it. */
  private async rendered(body: ChatBody, contextTokens: number, signal: AbortSignal): Promise<string | undefined> {
    if (!this.rendersForUs) return undefined;
    const { name, server, limits } = this.options;
    const fetch = exchangeFetch(server, limits, signal);
    try {
      // A server that does not know this option answers the conversation, so this limits it to one token.
      const options = { num_ctx: contextTokens, num_predict: 1 };
      const request = { model: name, ...uncut(body), options, stream: false as const, _debug_render_only: true };
      const answer: unknown = await new Ollama({ host: server.url, fetch }).chat(request);
      const prompt = renderedIn(answer);
      this.rendersForUs = prompt !== undefined;
      return prompt;
    } catch (error) {
      const failure = asModelError(server, error);
      if (failure.type !== 'Model.Unsupported' && failure.type !== 'Model.Crashed') throw failure;
      this.rendersForUs = false;
      return undefined;
    }
  }

  private bound({ messages }: ChatBody): number {
    const texts = messages.flatMap(({ content, thinking = '' }) => [content, thinking]);
    const said = texts.reduce((sum, text) => sum + this.options.count(text), 0);
    return said + messages.length * TOKENS_PER_MESSAGE + TOKENS_PER_PROMPT;
  }
}

/** Removes the server's count of the prompt, which includes the answer so far. */
async function* withoutInput(parts: AsyncIterable<StreamPart>): AsyncGenerator<StreamPart> {
  for await (const part of parts) yield part.type === 'usage' ? { ...part, inputTokens: undefined } : part;
}

function uncut({ messages, think }: ChatBody) {
  return { messages: [...messages], ...UNCUT, ...(think !== undefined && { think }) };
}

/** source: https://github.com/ollama/ollama/blob/v0.17.4/api/types.go, `DebugInfo` */
function renderedIn(answer: unknown): string | undefined {
  return told.safeParse(answer).data?.['_debug_info'].rendered_template;
}

const told = z.object({ _debug_info: z.object({ rendered_template: z.string() }) });

function* partsOf({ message, done, ...end }: Partial<ChatResponse>): Generator<StreamPart> {
  if (message?.thinking) yield { type: 'thinking', text: message.thinking };
  if (message?.content) yield { type: 'text', text: message.content };
  if (!done) return;
  yield { type: 'end', finishReason: end.done_reason === 'length' ? 'length' : 'stop' };
  const { eval_count: outputTokens = 0, prompt_eval_count: inputTokens = 0 } = end;
  if (outputTokens > 0) yield { type: 'usage', outputTokens, ...(inputTokens > 0 && { inputTokens }) };
}
