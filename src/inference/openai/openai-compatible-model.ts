import { withDefaults, type Decoding } from '../../domain/decoding.js';
import { capabilitiesOf, SERVER_TRAITS, type ServerKind, type ServerTraits } from './server-kind.js';
import { refuseUnsupported, refuseUnsupportedSearch } from '../capabilities.js';
import { asModelError, DEFAULT_LIMITS, exchangeFetch, type ExchangeLimits } from '../http/http-exchange.js';
import { broken, type ServerDescription } from '../http/http-failure.js';
import type { StreamPart } from '../http/stream-part.js';
import { writeStreamed } from '../http/streamed-answer.js';
import type {
  BeamSearchRequest,
  BeamSearchResult,
  Checkpoint,
  GenerateOptions,
  GenerateRequest,
  GenerateResult,
  LanguageModel,
  ModelCapabilities,
  Prompt,
} from '../language-model.js';
import { ModelError } from '../model-error.js';
import { AdaptedRequests } from './adapted-request.js';
import { beginAnswer } from './begin-answer.js';
import { continuedBody, promptBody, type PromptBody, type PromptOptions } from './chat-messages.js';
import { createTokenCounter, type TokenCounter } from './count-tokens.js';
import { continueAnswer } from './continue-answer.js';
import { createAskServer, postOf, probeServer, rootOf, type AskServer } from './probe-server.js';
import { readAnswer } from './read-answer.js';
import { withoutThoughts } from './limit-thoughts.js';
import { createServerMarks, type ServerMarks } from './server-marks.js';
import { portableJsonSchema } from '../structured/portable-json-schema.js';

export interface OpenAiCompatibleModelOptions {
  readonly modelId: string;
  /** Name of the model on the server. */
  readonly name: string;
  /** Address including the version, e.g. `http://127.0.0.1:8000/v1`. */
  readonly baseUrl: string;
  /** Sent as a bearer token, never logged. Default: none. */
  readonly apiKey?: string;
  /** Tokens that prompt and answer may take together. Default: the server's report, otherwise `SAFE_CONTEXT_TOKENS`. */
  readonly contextTokens?: number;
  /** Default: `DEFAULT_LIMITS`. */
  readonly limits?: Partial<ExchangeLimits>;
  readonly onNotice?: (notice: string) => void;
}

/** Default context of the server with the smallest one, Ollama up to 0.6, which silently cuts longer prompts. */
const SAFE_CONTEXT_TOKENS = 2048;

/**
 * Opens a model on a server with OpenAI's interface: vLLM, llama.cpp's server, NVIDIA NIM, and others. Its capabilities depend on the kind
 * of server (`SERVER_TRAITS`) and include only features that are known to work.
 *
 * The server counts prompts if it can (vLLM, llama.cpp), otherwise the count is a safe bound (`createTokenCounter`). Prompts that do not
 * fit are refused; if the server itself refuses one, that is `Model.ContextOverflow` as well. The server renders the chat template, so a
 * system message that the template adds stays, and marks of templates in texts are broken (`defuseMarks`).
 *
 * A resumed answer continues from its text if the server can do that (vLLM, llama.cpp). Otherwise, or if the server refuses, the answer is
 * written again and the part that stays the same is skipped (`continueAnswer`). A resumed structured answer starts over at offset 0.
 *
 * @throws {ModelError} `Model.Unavailable` when nothing answers, `Model.NotFound`, `Model.Unsupported` when access is refused
 */
export async function openOpenAiCompatibleModel(options: OpenAiCompatibleModelOptions): Promise<LanguageModel> {
  const { modelId, name, apiKey, onNotice } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const server = describeOpenAiServer(modelId, options.baseUrl.replace(/\/+$/u, ''));
  const ask = createAskServer(server, limits, apiKey);
  const { kind, contextTokens: told } = await probeServer(server, name, ask);
  const contextTokens = Math.min(
    options.contextTokens ?? told ?? SAFE_CONTEXT_TOKENS,
    told ?? Number.POSITIVE_INFINITY,
  );
  const counter = createTokenCounter(kind, name, server, ask);
  const marks = createServerMarks(kind, name, server, ask);
  onNotice?.(
    `Model "${modelId}" is open at ${server.url} (${kind === 'other' ? 'a server of unknown kind' : kind}); ${contextTokens} tokens of context` +
      (told === undefined && options.contextTokens === undefined
        ? ', because the server does not report its own limit: set COLLOQUY_CONTEXT_TOKENS to the limit with which it was started.'
        : '.'),
  );
  return new OpenAiCompatibleModel({ modelId, name, server, limits, apiKey, contextTokens, kind, counter, marks, ask });
}

interface OpenedModel {
  readonly modelId: string;
  readonly name: string;
  readonly server: ServerDescription;
  readonly limits: ExchangeLimits;
  readonly apiKey: string | undefined;
  readonly contextTokens: number;
  readonly kind: ServerKind;
  readonly counter: TokenCounter;
  readonly marks: ServerMarks;
  readonly ask: AskServer;
}

class OpenAiCompatibleModel implements LanguageModel {
  readonly modelId: string;
  readonly contextTokens: number;
  readonly capabilities: ModelCapabilities;
  private readonly traits: ServerTraits;
  private readonly disposal = new AbortController();
  private readonly running = new Set<Promise<unknown>>();
  private readonly requests = new AdaptedRequests();

  constructor(private readonly opened: OpenedModel) {
    this.modelId = opened.modelId;
    this.contextTokens = opened.contextTokens;
    this.traits = SERVER_TRAITS[opened.kind];
    this.capabilities = capabilitiesOf(this.traits);
  }

  async countPromptTokens(prompt: Prompt): Promise<number> {
    this.refuseClosed();
    return this.opened.counter.count(promptBody(prompt, await this.promptOptions(prompt)));
  }

  async generate(request: GenerateRequest, options: GenerateOptions): Promise<GenerateResult> {
    refuseUnsupported(this, request);
    this.refuseClosed();
    const { jsonSchema, maxOutputTokens } = request;
    const schema = jsonSchema && portableJsonSchema(jsonSchema);
    const resumeFrom = jsonSchema ? undefined : request.resumeFrom;
    const promptOptions = await this.promptOptions(request.prompt, resumeFrom);
    const body = promptBody(request.prompt, promptOptions);
    const promptTokens = await this.opened.counter.count(body);
    this.refuseOverflow(promptTokens);

    const shownTokens = resumeFrom?.tokens.length ?? 0;
    const roomTokens = this.contextTokens - promptTokens - shownTokens;
    const left = Math.min(maxOutputTokens - shownTokens, roomTokens);
    const settings = { ...this.settings(request), ...(schema && { response_format: responseFormat(schema) }) };
    const stream = (signal: AbortSignal): AsyncIterable<StreamPart> => {
      const { kind, name, server, ask } = this.opened;
      const { traits } = this;
      const rest = (asked: PromptBody, extra = {}): AsyncIterable<StreamPart> =>
        withoutInput(this.stream(asked, left, { ...settings, ...extra }, signal, resumeFrom !== undefined));
      const whole = (): AsyncIterable<StreamPart> => this.stream(body, left + shownTokens, settings, signal);
      const continued = resumeFrom ? continuedBody(body, resumeFrom, promptOptions) : body;
      if (resumeFrom && resumeFrom.text !== '') {
        const begun = { kind, traits, name, rootUrl: rootOf(server), ask, body, continued, resumeFrom, rest, whole };
        return withoutThoughts(continueAnswer(begun));
      }
      const shown = resumeFrom?.thinking ?? '';
      const { maxThinkingTokens } = request;
      return beginAnswer({ traits, body, continued, shown, shownTokens, maxThinkingTokens, rest, whole });
    };
    const answer = writeStreamed(
      {
        request: { ...request, resumeFrom },
        promptTokens,
        stop: request.stop ?? [],
        roomTokens,
        stream,
        limits: this.opened.limits,
      },
      { ...options, signal: AbortSignal.any([options.signal, this.disposal.signal]) },
    );
    return this.tracked(answer);
  }

  async beamSearch(request: BeamSearchRequest): Promise<BeamSearchResult> {
    refuseUnsupportedSearch(this, request);
    throw new TypeError("OpenAI's interface has no beam search");
  }

  private async promptOptions(prompt: Prompt, resumeFrom?: Checkpoint): Promise<PromptOptions> {
    const { marks } = this.opened;
    const said = prompt.type === 'text' ? [prompt] : [{ text: prompt.persona ?? '' }, ...prompt.messages];
    await marks.learn([...said, ...(resumeFrom ? [resumeFrom] : [])].flatMap(textsOf));
    return { traits: this.traits, defuse: (text) => marks.defuse(text) };
  }

  /** Does nothing: the server's cache drops the state when other prompts replace it, and nothing is on disk. */
  async forget(): Promise<void> {}

  async dispose(): Promise<void> {
    this.disposal.abort();
    await Promise.allSettled(this.running);
  }

  private async *stream(
    body: PromptBody,
    maxTokens: number,
    settings: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
    isResumed = false,
  ): AsyncGenerator<StreamPart> {
    const { name, server } = this.opened;
    const path = 'prompt' in body ? 'completions' : 'chat/completions';
    const streamed = { stream: true, stream_options: { include_usage: true } };
    const request = { model: name, max_tokens: maxTokens, ...streamed, ...settings, ...body };
    const response = await this.post(`${server.url}/${path}`, request, signal);
    if (response.body === null) throw broken(server, 'it has no body');
    const wantsLogprobs = settings['logprobs'] !== undefined;
    const isText = 'prompt' in body || settings['response_format'] !== undefined;
    const mayBeTagged = !isText && !wantsLogprobs && !isResumed;
    yield* readAnswer(response.body, { server, wantsLogprobs, isResumed, mayBeTagged });
  }

  /** Sends the request, and repeats it without an optional field if the server refuses that field. */
  private async post(url: string, request: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<Response> {
    const { server, limits, apiKey } = this.opened;
    for (;;) {
      const sent = this.requests.adapt(request);
      try {
        return await exchangeFetch(server, limits, signal)(url, postOf(sent, apiKey));
      } catch (error) {
        const failure = asModelError(server, error);
        if (!this.requests.learn(failure, sent)) throw failure;
      }
    }
  }

  private settings(request: GenerateRequest): Record<string, unknown> {
    const decoding = withDefaults({ ...(request.jsonSchema && { repetitionPenalty: 1 }), ...request.decoding });
    const fields = Object.entries(this.traits.decoding).map(([field, parameter]): [string, number] => [
      parameter,
      // eslint-disable-next-line typescript/no-unsafe-type-assertion
      decoding[field as keyof Decoding],
    ]);
    const { topLogprobs, stop = [], maxThinkingTokens } = request;
    const { thinkingBudget } = this.traits;
    const isText = request.prompt.type === 'text';
    return {
      ...Object.fromEntries(fields),
      ...(thinkingBudget !== undefined && maxThinkingTokens !== undefined && { [thinkingBudget]: maxThinkingTokens }),
      // OpenAI accepts at most four; Colloquy itself finds the others.
      ...(stop.length > 0 && { stop: stop.filter((one) => one !== '').slice(0, 4) }),
      ...(topLogprobs !== undefined &&
        (isText ? { logprobs: topLogprobs } : { logprobs: true, top_logprobs: topLogprobs })),
    };
  }

  private refuseOverflow(promptTokens: number): void {
    const { contextTokens, modelId } = this;
    if (promptTokens < contextTokens) return;
    const most = this.opened.counter.isExact ? '' : 'up to ';
    throw new ModelError(
      'Model.ContextOverflow',
      `The prompt has ${most}${promptTokens} tokens; model "${modelId}" can hold ${contextTokens}, the answer included. ` +
        'Shorten the message or the persona, or set COLLOQUY_CONTEXT_TOKENS to what the server can hold.',
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

function textsOf({ text, thinking = '' }: { readonly text: string; readonly thinking?: string }): string[] {
  return [text, thinking];
}

/** Removes the server's count of the prompt, which includes the answer so far. */
async function* withoutInput(parts: AsyncIterable<StreamPart>): AsyncGenerator<StreamPart> {
  for await (const part of parts) yield part.type === 'usage' ? { ...part, inputTokens: undefined } : part;
}

function responseFormat(schema: object) {
  return { type: 'json_schema', json_schema: { name: 'answer', schema, strict: true } };
}

/** Texts about a server with OpenAI's interface for users. */
export function describeOpenAiServer(modelId: string, url: string): ServerDescription {
  return {
    modelId,
    name: 'The server',
    url,
    whenDown: 'Start it, or set COLLOQUY_OPENAI_BASE_URL to where it runs.',
    whenModelMissing: 'Give one of the names that it serves: openai:NAME.',
    whenRefused: 'Set COLLOQUY_OPENAI_API_KEY to a key that it takes.',
  };
}
