import { Ollama, type GenerateResponse, type Options } from 'ollama';
import { withDefaults } from '../domain/decoding.js';
import { refuseUnsupported, refuseUnsupportedSearch } from './capabilities.js';
import { defuseMarks, marksOf } from './http/defuse-marks.js';
import {
  asModelError,
  createLineCheck,
  DEFAULT_LIMITS,
  exchangeFetch,
  type ExchangeLimits,
} from './http/http-exchange.js';
import type { ServerDescription } from './http/http-failure.js';
import { writeStreamed, type StreamPart } from './http/streamed-answer.js';
import type {
  BeamSearchRequest,
  BeamSearchResult,
  GenerateOptions,
  GenerateRequest,
  GenerateResult,
  LanguageModel,
  ModelCapabilities,
  Prompt,
} from './language-model.js';
import { ModelError } from './model-error.js';
import { parseChatTemplate, type ChatTemplate, type TemplateMessage } from './ollama/go-template.js';
import { TemplateSyntaxError } from './ollama/go-template-syntax.js';
import { openOllamaVocabulary, type OllamaVocabulary } from './ollama/ollama-vocabulary.js';
import { portableJsonSchema } from './structured/portable-json-schema.js';

export interface OllamaModelOptions {
  readonly modelId: string;
  /** As Ollama names it, e.g. `smollm2:135m`. */
  readonly name: string;
  /** As in Ollama's own `OLLAMA_HOST`. Default: `DEFAULT_OLLAMA_HOST`. */
  readonly host?: string;
  /** Tokens that prompt and answer may take together. Default: `DEFAULT_CONTEXT_TOKENS`, or what the model was trained with if less. */
  readonly contextTokens?: number;
  /** Compute threads of the server for this model. Default: its own choice. */
  readonly threads?: number;
  /** Default: `DEFAULT_LIMITS`. */
  readonly limits?: Partial<ExchangeLimits>;
  readonly onNotice?: (notice: string) => void;
}

export const DEFAULT_OLLAMA_HOST = '127.0.0.1:11434';

/** Of the memory of another machine nothing is known, so that what the model was trained with may be far too much. */
const DEFAULT_CONTEXT_TOKENS = 8192;

/**
 * What the server of Ollama 0.6.5 obeys, and `repetitionLimit`, which is ours. The penalty looks back on the prompt too, other than our
 * own engine's. There is no DRY, no log-probabilities and no way to follow several continuations.
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
 * Opens a model on an Ollama server. Nothing is loaded there before the first answer.
 *
 * Ollama cuts prompts that are too long, and forgets the beginning of answers that outgrow the context, without a word. So prompts are
 * rendered here, by the model's own template, counted exactly, by its own vocabulary (`/api/show` tells both), refused when they do not
 * fit, and sent raw. That also makes a resumed answer go on in the middle of its sentence, and keeps the personas away that some
 * templates make up. Marks of the template in what users write are broken by an invisible character (`defuseMarks`), since Ollama would
 * read them as the template's.
 *
 * A resumed answer goes on from its text; what is sampled after that is not what the same seed would have given without the stop. A
 * resumed structured answer begins anew, at offset 0: the server's grammar cannot begin in the middle.
 *
 * @throws {ModelError} `Model.Unavailable` when nothing answers, `Model.NotFound`, `Model.Unsupported` when its template or vocabulary
 *   cannot be read or when it makes vectors only
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
  const template = readTemplate(modelId, shown.template);
  const vocabulary = await openOllamaVocabulary(modelId, modelInfo);
  onNotice?.(`Model "${modelId}" is open on Ollama at ${url}; ${contextTokens} tokens of context.`);
  return new OllamaModel({
    modelId,
    name,
    url,
    server,
    limits,
    contextTokens,
    template,
    vocabulary,
    threads: options.threads,
    stop: stopsOf(shown.parameters),
  });
}

interface OpenedModel {
  readonly modelId: string;
  readonly name: string;
  readonly url: string;
  readonly server: ServerDescription;
  readonly limits: ExchangeLimits;
  readonly contextTokens: number;
  readonly template: ChatTemplate;
  readonly vocabulary: OllamaVocabulary;
  readonly threads: number | undefined;
  /** The model's own. A list in a request takes the place of it, so they are sent along. */
  readonly stop: readonly string[];
}

class OllamaModel implements LanguageModel {
  readonly capabilities = CAPABILITIES;
  readonly modelId: string;
  readonly contextTokens: number;
  private readonly marks: RegExp;
  private readonly disposal = new AbortController();
  private readonly running = new Set<Promise<unknown>>();

  constructor(private readonly opened: OpenedModel) {
    this.modelId = opened.modelId;
    this.contextTokens = opened.contextTokens;
    this.marks = marksOf(opened.vocabulary.specialTexts);
  }

  async countPromptTokens(prompt: Prompt): Promise<number> {
    this.refuseClosed();
    return this.opened.vocabulary.count(this.render(prompt));
  }

  async generate(request: GenerateRequest, options: GenerateOptions): Promise<GenerateResult> {
    refuseUnsupported(this, request);
    this.refuseClosed();
    const { jsonSchema } = request;
    const format = jsonSchema && portableJsonSchema(jsonSchema);
    const resumeFrom = jsonSchema ? undefined : request.resumeFrom;
    const prompt = this.render(request.prompt);
    const promptTokens = this.opened.vocabulary.count(prompt);
    this.refuseOverflow(promptTokens);

    const raw = prompt + this.plain(resumeFrom?.text ?? '');
    const roomTokens = this.contextTokens - (resumeFrom ? this.opened.vocabulary.count(raw) : promptTokens);
    const numPredict = Math.min(request.maxOutputTokens - (resumeFrom?.tokens.length ?? 0), roomTokens);
    const stop = [...(request.stop ?? []), ...this.opened.stop].filter((one) => one !== '');
    const body = { prompt: raw, format, options: { ...this.settings(request), num_predict: numPredict, stop } };
    const answer = writeStreamed(
      {
        request: { ...request, resumeFrom },
        promptTokens,
        stop,
        roomTokens,
        stream: (signal) => this.stream(body, signal),
      },
      { ...options, signal: AbortSignal.any([options.signal, this.disposal.signal]) },
    );
    return this.tracked(answer);
  }

  async beamSearch(request: BeamSearchRequest): Promise<BeamSearchResult> {
    refuseUnsupportedSearch(this, request);
    throw new TypeError('Ollama has no beam search');
  }

  /** The server keeps what it likes in its cache, until other prompts push it out; nothing is on disk. */
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
      const parts = await new Ollama({ host: url, fetch }).generate({ model: name, raw: true, stream: true, ...body });
      for await (const part of parts) yield* partsOf(part);
    } catch (error) {
      throw asModelError(server, error);
    }
  }

  private render(prompt: Prompt): string {
    const { template, vocabulary, modelId } = this.opened;
    // Ollama takes an empty prompt for the wish to load the model.
    if (prompt.type === 'text') return this.plain(prompt.text) || vocabulary.beginText;
    const messages: TemplateMessage[] = [
      ...(prompt.persona ? [{ role: 'system' as const, content: this.plain(prompt.persona) }] : []),
      ...prompt.messages.map(({ role, text }) => ({ role, content: this.plain(text) })),
    ];
    return understood(modelId, () => template.render(messages));
  }

  private plain(text: string): string {
    return defuseMarks(text, this.marks);
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

function* partsOf({ response = '', done, ...end }: GenerateResponse): Generator<StreamPart> {
  if (response !== '') yield { type: 'text', text: response };
  if (!done) return;
  yield { type: 'end', finishReason: end.done_reason === 'length' ? 'length' : 'stop' };
  // Its count of the prompt is the one that we have already; in a resumed answer, the text so far would be counted in.
  if (end.eval_count > 0) yield { type: 'usage', outputTokens: end.eval_count };
}

/** What Ollama tells of a model, its vocabulary included. @throws {ModelError} */
export async function showModel(server: ServerDescription, name: string, limits: ExchangeLimits) {
  const fetch = exchangeFetch(server, limits, AbortSignal.timeout(limits.firstByteMs));
  try {
    // Known to the server, not to the client's types: without it the vocabulary is left out.
    const request = { model: name, verbose: true };
    const shown = await new Ollama({ host: server.url, fetch }).show(request);
    return { template: shown.template ?? '', parameters: shown.parameters, model_info: readInfo(shown.model_info) };
  } catch (error) {
    throw asModelError(server, error);
  }
}

/** Newer servers of this field are typed as a map, and send an object. */
function readInfo(info: unknown): Readonly<Record<string, unknown>> {
  return typeof info === 'object' && info !== null ? { ...info } : {};
}

function readTemplate(modelId: string, source: string): ChatTemplate {
  return understood(modelId, () => {
    const template = parseChatTemplate(source);
    // All that a chat can hold, so that what is not understood is said at once.
    template.render([
      { role: 'system', content: 'system' },
      { role: 'user', content: 'user' },
      { role: 'assistant', content: 'assistant' },
      { role: 'user', content: 'user' },
    ]);
    return template;
  });
}

function understood<T>(modelId: string, render: () => T): T {
  try {
    return render();
  } catch (error) {
    if (!(error instanceof TemplateSyntaxError)) throw error;
    throw new ModelError(
      'Model.Unsupported',
      `The chat template of model "${modelId}" cannot be read: ${error.message}. ` +
        `Use its GGUF file, or the server's other interface: ${modelId.replace(/^ollama:/u, 'openai:')}`,
      { cause: error },
    );
  }
}

/** The stop strings among the parameters, as `ollama show --parameters` prints them: a name, blanks, a quoted text. */
function stopsOf(parameters = ''): string[] {
  return [...parameters.matchAll(/^stop\s+(".*")$/gmu)].flatMap(([, quoted = '']) => {
    try {
      return [String(JSON.parse(quoted))];
    } catch {
      return [];
    }
  });
}

/** The address that a value of `OLLAMA_HOST` stands for. A server listens on all addresses under `0.0.0.0`; no client can call that. */
export function ollamaUrl(host: string): string {
  const withScheme = /^https?:\/\//u.test(host) ? host : `http://${host.startsWith(':') ? `127.0.0.1${host}` : host}`;
  if (!URL.canParse(withScheme)) {
    throw new ModelError(
      'Model.Unavailable',
      `OLLAMA_HOST is "${host}", which is no address. Give HOST:PORT, e.g. ${DEFAULT_OLLAMA_HOST}.`,
    );
  }
  const url = new URL(withScheme);
  if (url.hostname === '0.0.0.0' || url.hostname === '[::]') url.hostname = '127.0.0.1';
  if (url.port === '' && !/^https?:\/\//u.test(host)) url.port = '11434';
  return url.href.replace(/\/$/u, '');
}

/** What users read about an Ollama server. */
export function describeOllama(modelId: string, name: string, url: string): ServerDescription {
  return {
    modelId,
    name: 'Ollama',
    url,
    whenDown: 'Start it by "ollama serve", or set OLLAMA_HOST to where it runs.',
    whenModelMissing: `Get it by "ollama pull ${name}".`,
    whenRefused: 'Ollama itself asks for no key: look at what stands before it.',
  };
}
