/**
 * One file over 300 lines, because it is a single adapter: raw prompts and chats on the server share the opened model, its settings, its
 * stop strings, its limits, and the requests that `dispose` ends. The parts with a meaning of their own (prompts, vocabulary, chats on the
 * server, thoughts) are in the files beside it.
 */
import { Ollama, type GenerateResponse, type Options } from 'ollama';
import { withDefaults } from '../../domain/decoding.js';
import { refuseUnsupported, refuseUnsupportedSearch } from '../capabilities.js';
import {
  asModelError,
  createLineCheck,
  DEFAULT_LIMITS,
  exchangeFetch,
  type ExchangeLimits,
} from '../http/http-exchange.js';
import type { ServerDescription } from '../http/http-failure.js';
import type { StreamPart } from '../http/stream-part.js';
import { writeStreamed, type StreamedRequest } from '../http/streamed-answer.js';
import type {
  BeamSearchRequest,
  BeamSearchResult,
  GenerateOptions,
  GenerateRequest,
  GenerateResult,
  LanguageModel,
  ModelCapabilities,
  Prompt,
} from '../language-model.js';
import { ModelError } from '../model-error.js';
import type { ChatPrompt } from '../chat-template/chat-variables.js';
import { openChatFormat, type ChatFormat } from './chat-format.js';
import {
  DEFAULT_OLLAMA_HOST,
  describeOllama,
  ollamaUrl,
  showModel,
  stopsOf,
  type ShownModel,
} from './ollama-server.js';
import { endThoughts } from './end-thoughts.js';
import { RawPrompts } from './raw-prompts.js';
import { ServerChat, UNCUT, type ChatBody } from './server-chat.js';
import { splitThoughts } from './split-thoughts.js';
import { openOllamaVocabulary, type OllamaVocabulary } from './ollama-vocabulary.js';
import { portableJsonSchema } from '../structured/portable-json-schema.js';

export interface OllamaModelOptions {
  readonly modelId: string;
  /** Name of the model on the server, e.g. `smollm2:135m`. */
  readonly name: string;
  /** Address in the form of Ollama's own `OLLAMA_HOST`. Default: `DEFAULT_OLLAMA_HOST`. */
  readonly host?: string;
  /** Tokens that prompt and answer may take together. Default: `DEFAULT_CONTEXT_TOKENS`, or the model's training context if that is less. */
  readonly contextTokens?: number;
  /** Compute threads of the server for this model. Default: the server's own choice. */
  readonly threads?: number;
  /** Opens the model even if it cannot chat, for raw text only. Conversations are then refused with the reason. */
  readonly mayLackChat?: boolean;
  /** Default: `DEFAULT_LIMITS`. */
  readonly limits?: Partial<ExchangeLimits>;
  readonly onNotice?: (notice: string) => void;
}

/** The memory of another machine is unknown, so the model's training context may be far too large for it. */
const DEFAULT_CONTEXT_TOKENS = 8192;

/**
 * Options that the server of Ollama 0.6.5 obeys, and `repetitionLimit`, which Colloquy implements. Unlike in our own engine, the penalty
 * also covers the prompt. Ollama has no DRY, no log-probabilities and no way to follow several continuations.
 */
const CAPABILITIES: ModelCapabilities = {
  text: true,
  beamSearch: false,
  topLogprobs: -1,
  json: true,
  decoding: new Set([
    'temperature',
    'topK',
    'topP',
    'minP',
    'seed',
    'repetitionPenalty',
    'repetitionWindow',
    'repetitionLimit',
  ]),
};

/**
 * Opens a model on an Ollama server. The server loads nothing before the first answer.
 *
 * Ollama silently cuts prompts that are too long, and silently drops the beginning when an answer outgrows the context. Therefore Colloquy
 * renders prompts itself with the model's own template, counts them exactly with its own vocabulary (`/api/show` returns both), refuses
 * those that do not fit, and sends them raw. This also lets a resumed answer continue in the middle of a sentence, and avoids the personas
 * that some templates invent. Marks of the template in user text are broken by an invisible character (`defuseMarks`), because Ollama would
 * treat them as the template's. For models whose prompts only the server can build, the messages go to `/api/chat` (`ServerChat`).
 *
 * A resumed answer continues from its text; from there on, the same seed does not give the same samples as without the stop. A resumed
 * structured answer starts over at offset 0, because the server's grammar cannot start in the middle.
 *
 * @throws {ModelError} `Model.Unavailable` when nothing answers, `Model.NotFound`, `Model.Unsupported` when its template or vocabulary
 *   cannot be read, when its template loses texts or roles, or when the model only makes vectors
 */
export async function openOllamaModel(options: OllamaModelOptions): Promise<LanguageModel> {
  const { modelId, name, onNotice } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const url = ollamaUrl(options.host ?? DEFAULT_OLLAMA_HOST);
  const server = describeOllama(modelId, name, url);
  const shown = await showModel(server, name, limits);
  const modelInfo = shown.model_info;
  const [, trained] = Object.entries(modelInfo).find(([key]) => key.endsWith('.context_length')) ?? [];
  const contextTokens = Math.min(
    options.contextTokens ?? DEFAULT_CONTEXT_TOKENS,
    typeof trained === 'number' ? trained : Number.POSITIVE_INFINITY,
  );
  const vocabulary = await openOllamaVocabulary(modelId, modelInfo);
  try {
    const format = openFormat(options, shown, vocabulary);
    onNotice?.(`Model "${modelId}" is open on Ollama at ${url}; ${contextTokens} tokens of context.`);
    const { threads } = options;
    return new OllamaModel({ modelId, name, url, server, limits, contextTokens, format, shown, vocabulary, threads });
  } catch (error) {
    await vocabulary.dispose();
    throw error;
  }
}

/** @throws {ModelError} `Model.Unsupported` when the model cannot chat; if that is allowed, the error is returned and kept for conversations */
function openFormat(
  { modelId, mayLackChat }: OllamaModelOptions,
  shown: ShownModel,
  vocabulary: OllamaVocabulary,
): ChatFormat | ModelError {
  try {
    return openChatFormat(modelId, shown, vocabulary);
  } catch (error) {
    if (mayLackChat === true && error instanceof ModelError) return error;
    throw error;
  }
}

interface OpenedModel {
  readonly modelId: string;
  readonly name: string;
  readonly url: string;
  readonly server: ServerDescription;
  readonly limits: ExchangeLimits;
  readonly contextTokens: number;
  /** The chat format, or the reason why the model cannot chat. */
  readonly format: ChatFormat | ModelError;
  readonly shown: ShownModel;
  readonly vocabulary: OllamaVocabulary;
  readonly threads: number | undefined;
}

class OllamaModel implements LanguageModel {
  readonly capabilities = CAPABILITIES;
  readonly modelId: string;
  readonly contextTokens: number;
  private readonly prompts: RawPrompts;
  private readonly stop: readonly string[];
  private readonly chat: ServerChat;
  private readonly disposal = new AbortController();
  private readonly running = new Set<Promise<unknown>>();

  constructor(private readonly opened: OpenedModel) {
    const { modelId, contextTokens, vocabulary, shown, format } = opened;
    this.modelId = modelId;
    this.contextTokens = contextTokens;
    this.prompts = new RawPrompts(format, vocabulary);
    // A list in a request replaces the model's own list, so the model's stop strings are sent too.
    this.stop = [...stopsOf(shown.parameters), ...('stop' in format ? format.stop : [])];
    this.chat = new ServerChat({
      ...opened,
      knowsThinking: shown.capabilities.includes('thinking'),
      hasPersona: shown.system !== '',
      plain: (text) => this.prompts.plain(text),
      count: (text) => vocabulary.count(text),
    });
  }

  async countPromptTokens(prompt: Prompt): Promise<number> {
    this.refuseClosed();
    const { vocabulary } = this.opened;
    const chat = this.serverChat(prompt);
    if (chat === undefined) return vocabulary.count(this.prompts.render(prompt).text);
    return this.chat.count(this.chat.body(chat), this.contextTokens, this.disposal.signal);
  }

  async generate(request: GenerateRequest, options: GenerateOptions): Promise<GenerateResult> {
    refuseUnsupported(this, request);
    this.refuseClosed();
    const signal = AbortSignal.any([options.signal, this.disposal.signal]);
    const chat = this.serverChat(request.prompt);
    const plan = chat === undefined ? this.planRaw(request) : await this.planChat(request, chat, signal);
    return this.tracked(writeStreamed(plan, { ...options, signal }));
  }

  private planRaw(request: GenerateRequest): StreamedRequest {
    const format = request.jsonSchema && portableJsonSchema(request.jsonSchema);
    const resumeFrom = request.jsonSchema ? undefined : request.resumeFrom;
    const { vocabulary } = this.opened;
    // JSON must begin at once: after a prompt that ends within thoughts, the model would think in JSON.
    const {
      text: prompt,
      thinking,
      isChat,
    } = this.prompts.render(format ? withoutThoughts(request.prompt) : request.prompt);
    const promptTokens = vocabulary.count(prompt);
    this.refuseOverflow(promptTokens);
    const begun = resumeFrom ? this.prompts.begun(resumeFrom, thinking) : '';
    const raw = prompt + begun;
    const roomTokens = this.contextTokens - (resumeFrom ? vocabulary.count(raw) : promptTokens);
    const left = Math.min(request.maxOutputTokens - (resumeFrom?.tokens.length ?? 0), roomTokens);
    const stop = this.stopsFor(request);
    const body = { prompt: raw, format, options: { ...this.settings(request), num_predict: left, stop } };
    const splits = isChat && format === undefined && !resumeFrom?.text;
    const stream = (signal: AbortSignal): AsyncIterable<StreamPart> => {
      if (!splits) return this.stream(body, signal);
      const thinks = new AbortController();
      const parts = splitThoughts(this.stream(body, AbortSignal.any([signal, thinks.signal])), thinking, resumeFrom);
      if (request.maxThinkingTokens === undefined) return parts;
      const before = resumeFrom?.thinking ?? '';
      return endThoughts(parts, {
        most: Math.max(0, request.maxThinkingTokens - (resumeFrom?.tokens.length ?? 0)),
        giveUp: () => thinks.abort(),
        answerNow: (thoughts, pieces) => {
          const closed = prompt + this.prompts.closed(before + thoughts, thinking);
          return this.stream(
            { ...body, prompt: closed, options: { ...body.options, num_predict: left - pieces } },
            signal,
          );
        },
      });
    };
    return { request: { ...request, resumeFrom }, promptTokens, stop, roomTokens, stream };
  }

  private async planChat(request: GenerateRequest, prompt: ChatPrompt, signal: AbortSignal): Promise<StreamedRequest> {
    const { chat, contextTokens } = this;
    const format = request.jsonSchema && portableJsonSchema(request.jsonSchema);
    const resumeFrom = request.jsonSchema ? undefined : request.resumeFrom;
    const body = chat.body(format ? withoutThoughts(prompt) : prompt);
    const promptTokens = await chat.count(body, contextTokens, signal);
    this.refuseOverflow(promptTokens);
    const shownTokens = resumeFrom?.tokens.length ?? 0;
    const roomTokens = contextTokens - promptTokens - shownTokens;
    const left = Math.min(request.maxOutputTokens - shownTokens, roomTokens);
    const stop = this.stopsFor(request);
    const settings = this.settings(request);
    const ask = (what: ChatBody, more: number, ending: AbortSignal): AsyncIterable<StreamPart> =>
      chat.stream(what, { format, options: { ...settings, num_predict: left + more, stop } }, ending);
    const begun = resumeFrom?.text ? chat.body(prompt, resumeFrom) : undefined;
    const plan = await chat.planAnswer({ body, begun, resumeFrom, ask }, contextTokens, signal);
    const { maxThinkingTokens } = request;
    const stream = (ending: AbortSignal): AsyncIterable<StreamPart> => {
      if (maxThinkingTokens === undefined || begun !== undefined) return plan(ending);
      const thinks = new AbortController();
      return endThoughts(plan(AbortSignal.any([ending, thinks.signal])), {
        most: Math.max(0, maxThinkingTokens - shownTokens),
        giveUp: () => thinks.abort(),
        answerNow: (_thoughts, pieces) => ask(chat.body(withoutThoughts(prompt)), -pieces, ending),
      });
    };
    return { request: { ...request, resumeFrom }, promptTokens, stop, roomTokens, stream };
  }

  async beamSearch(request: BeamSearchRequest): Promise<BeamSearchResult> {
    refuseUnsupportedSearch(this, request);
    throw new TypeError('Ollama has no beam search');
  }

  /** Does nothing: the server's cache drops the state when other prompts replace it, and nothing is on disk. */
  async forget(): Promise<void> {}

  async dispose(): Promise<void> {
    if (this.disposal.signal.aborted) return;
    this.disposal.abort();
    await Promise.allSettled(this.running);
    await this.opened.vocabulary.dispose();
  }

  private async *stream(
    body: { readonly prompt: string; readonly format: object | undefined; readonly options: Partial<Options> },
    signal: AbortSignal,
  ): AsyncGenerator<StreamPart> {
    const { name, server, limits, url } = this.opened;
    const fetch = exchangeFetch(server, limits, signal, createLineCheck());
    try {
      // Sends `think: false`, because `splitThoughts` separates thoughts from text by the marks in the prompt's own template.
      const request = { model: name, raw: true, ...UNCUT, think: false, ...body, stream: true as const };
      const parts = await new Ollama({ host: url, fetch }).generate(request);
      for await (const part of parts) yield* partsOf(part);
    } catch (error) {
      throw asModelError(server, error);
    }
  }

  /** Returns the conversation if only the server can build its prompt. */
  private serverChat(prompt: Prompt): ChatPrompt | undefined {
    const { format } = this.opened;
    return prompt.type === 'chat' && 'renderer' in format ? prompt : undefined;
  }

  private stopsFor({ stop = [] }: GenerateRequest): string[] {
    return [...new Set([...stop, ...this.stop])].filter((one) => one !== '');
  }

  private settings(request: GenerateRequest): Partial<Options> {
    const decoding = withDefaults({ ...(request.jsonSchema && { repetitionPenalty: 1 }), ...request.decoding });
    const { threads } = this.opened;
    return {
      num_ctx: this.contextTokens,
      temperature: decoding.temperature,
      top_k: decoding.topK,
      top_p: decoding.topP,
      min_p: decoding.minP,
      seed: decoding.seed,
      repeat_penalty: decoding.repetitionPenalty,
      repeat_last_n: decoding.repetitionWindow,
      ...(threads !== undefined && { num_thread: threads }),
    };
  }

  private refuseOverflow(promptTokens: number): void {
    const { contextTokens, modelId } = this;
    if (promptTokens < contextTokens) return;
    throw new ModelError(
      'Model.ContextOverflow',
      `The prompt has ${promptTokens} tokens; model "${modelId}" can hold ${contextTokens}, the answer included. ` +
        'Shorten the message or the persona, or set COLLOQUY_CONTEXT_TOKENS higher.',
      { details: { promptTokens, contextTokens } },
    );
  }

  private refuseClosed(): void {
    if (!this.disposal.signal.aborted) return;
    throw new ModelError('Model.Unavailable', `Model "${this.modelId}" is closed.`, { retryAfterMs: 1000 });
  }

  private async tracked<T>(work: Promise<T>): Promise<T> {
    this.running.add(work);
    try {
      return await work;
    } finally {
      this.running.delete(work);
    }
  }
}

function withoutThoughts<P extends Prompt>(prompt: P): P {
  return prompt.type === 'chat' ? { ...prompt, thinking: false } : prompt;
}

function* partsOf({ response = '', thinking = '', done, ...end }: GenerateResponse): Generator<StreamPart> {
  if (thinking !== '') yield { type: 'thinking', text: thinking };
  if (response !== '') yield { type: 'text', text: response };
  if (!done) return;
  yield { type: 'end', finishReason: end.done_reason === 'length' ? 'length' : 'stop' };
  // Omits the server's count of the prompt, which we already have; for a resumed answer it would include the text so far.
  if (end.eval_count > 0) yield { type: 'usage', outputTokens: end.eval_count };
}
