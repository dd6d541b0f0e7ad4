import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Llama, LlamaModel, Token } from 'node-llama-cpp';
import { availableCores } from './available-cores.js';
import { architectureFacts } from '../gguf/architecture-facts.js';
import { checkGgufFile, type CheckedGguf } from '../gguf/gguf-file.js';
import { loadFailure, startLlama, type LoadLlamaOptions } from './load-llama.js';
import { ModelError } from '../model-error.js';
import { WordRows } from '../word-rows/word-rows.js';

/** Options for opening a model that reads text and writes none. */
export interface EncoderOptions extends Pick<LoadLlamaOptions, 'modelId' | 'modelPath' | 'gpu' | 'onLoading'> {
  /** Number of texts read at the same time, each on `threads`. Default: `defaultContexts`. */
  readonly contexts?: number;
  /** Compute threads of each text. Default: 1. */
  readonly threads?: number;
  /**
   * Leaves the table of words in the file instead of loading it into memory, if the format of the model's vocabulary is supported. The
   * results are the same, with a third of the memory or less. The rest of the model takes disk space while it is open. Default: true.
   */
  readonly wordsOnDisk?: boolean;
  /** Folder for that copy of the rest. Default: the system's folder for temporary files. */
  readonly workFolder?: string;
}

/**
 * One context per core, each text on one thread. Measured on 2 cores with multilingual-e5-small and passages of about 200 tokens: beside
 * some other work 10–13 texts/s, against 3–6 with one text at a time; where other programs take most of both cores, neither is faster. One
 * text on 2 threads is then up to 7 times slower than on one, since its threads wait for each other.
 */
export function defaultContexts(): number {
  return Math.min(MOST_CONTEXTS, availableCores());
}

const MOST_CONTEXTS = 16;

/** Contexts that each read one text at a time; further texts wait for a free one. */
export class ContextPool<Context extends { dispose(): Promise<void> }> {
  private readonly idle: Context[];
  private readonly waiting: ((context: Context) => void)[] = [];

  constructor(private readonly contexts: readonly Context[]) {
    this.idle = [...contexts];
  }

  /**
   * Does the work for each item, in as many contexts as there are; results are in the items' order. A caller never has more items waiting
   * than there are contexts, so that a single text does not wait behind a whole batch.
   *
   * @throws the signal's reason when it aborts, at most one item later
   */
  async map<Item, Result>(
    items: readonly Item[],
    signal: AbortSignal,
    work: (context: Context, item: Item) => Promise<Result>,
  ): Promise<Result[]> {
    const results: Result[] = [];
    const queue = items.entries();
    const worker = async (): Promise<void> => {
      for (const [index, item] of queue) {
        const context = await this.take();
        try {
          signal.throwIfAborted();
          results[index] = await work(context, item);
        } finally {
          this.give(context);
        }
      }
    };
    await Promise.all(this.contexts.map(() => worker()));
    return results;
  }

  async dispose(): Promise<void> {
    for (const context of this.contexts) await context.dispose();
  }

  private take(): Promise<Context> {
    const context = this.idle.pop();
    return context === undefined ? new Promise((resolve) => this.waiting.push(resolve)) : Promise.resolve(context);
  }

  private give(context: Context): void {
    const next = this.waiting.shift();
    if (next === undefined) this.idle.push(context);
    else next(context);
  }
}

/** An encoder that is open in this process. */
export interface LoadedEncoder<Context extends { dispose(): Promise<void> }> {
  readonly model: LlamaModel;
  readonly pool: ContextPool<Context>;
  readonly words: EncoderWords<Context>;
  /** Why a large vocabulary is held in memory, as the end of a sentence; undefined if it is not, or if that was requested. */
  readonly wordsInMemory?: string;
  dispose(): Promise<void>;
}

/** Converts texts to the tokens that a context reads. */
export interface EncoderWords<Context> {
  /** Adds neither begin nor end; text that looks like special tokens stays text. */
  readonly tokenize: (text: string) => Token[];
  /** Returns tokens that stand for these in the context. They are valid only until the context has read them. */
  readonly place: (context: Context, tokens: readonly Token[]) => Token[];
}

/** The purpose that a model is opened for. */
export interface EncoderUse<Context> {
  /** Throws a `ModelError` if the file is not suited to this use. */
  readonly check: (model: LlamaModel) => void;
  readonly createContext: (model: LlamaModel, threads: number) => Promise<Context>;
  /** Maximum number of tokens of one text, if the model reads that many. */
  readonly mostTokens: number;
  /** Reads one text that consists of exactly these tokens. */
  readonly probe: (context: Context, model: LlamaModel, tokens: readonly Token[]) => Promise<readonly number[]>;
}

/**
 * Opens a file and the requested number of contexts. Its words stay in the file if that is possible.
 *
 * @throws {ModelError} `Model.NotFound`, `Model.Damaged`, `Model.Unsupported`, or `Model.Unavailable` when memory is short
 */
export async function loadEncoder<Context extends { dispose(): Promise<void> }>(
  options: EncoderOptions,
  use: EncoderUse<Context>,
): Promise<LoadedEncoder<Context>> {
  const file = await checkGgufFile(options.modelId, options.modelPath);
  const contexts = options.contexts ?? defaultContexts();
  const threads = options.threads ?? 1;
  const complaints: string[] = [];
  const llama = await startLlama(options, contexts * threads, (complaint) => complaints.push(complaint));
  try {
    const few = await loadWithFewWords(options, use, { file, llama, contexts, threads });
    if (!('reason' in few)) return few;
    complaints.length = 0;
    const { model, opened } = await openContexts(options, use, { llama, contexts, threads, path: file.path });
    return {
      model,
      pool: new ContextPool(opened),
      words: {
        tokenize: (text) => model.tokenize(text, false),
        place: (_context, tokens) => [...tokens],
      },
      wordsInMemory: options.wordsOnDisk !== false && isLarge(file) ? few.reason : undefined,
      dispose: () => llama.dispose(),
    };
  } catch (error) {
    // The engine's messages arrive a moment later; if disposed of earlier, it would print them to standard error.
    await sleep(10);
    await llama.dispose();
    throw loadFailure(options, error, complaints);
  }
}

/** From this number of words on, the vocabulary takes more memory than most models. */
const LARGE_VOCABULARY = 100_000;

function isLarge({ metadata }: CheckedGguf): boolean {
  return (architectureFacts(metadata).vocabularyTokens ?? 0) >= LARGE_VOCABULARY;
}

interface Opening {
  readonly llama: Llama;
  readonly contexts: number;
  readonly threads: number;
}

async function openContexts<Context>(
  { onLoading }: EncoderOptions,
  { check, createContext }: EncoderUse<Context>,
  { llama, contexts, threads, path }: Opening & { readonly path: string },
): Promise<{ model: LlamaModel; opened: Context[] }> {
  const model = await llama.loadModel({
    modelPath: path,
    gpuLayers: llama.gpu === false ? 0 : 'max',
    useMmap: llama.supportsMmap,
    ...(onLoading && { onLoadProgress: onLoading }),
  });
  try {
    check(model);
    const opened: Context[] = [];
    for (let i = 0; i < contexts; i++) {
      opened.push(await createContext(model, threads));
      onLoading?.();
    }
    return { model, opened };
  } catch (error) {
    await model.dispose();
    throw error;
  }
}

/**
 * @returns the encoder, or the reason why the words cannot stay in the file, as the end of a sentence. After a failure here, the caller
 *   loads all words into memory.
 */
async function loadWithFewWords<Context extends { dispose(): Promise<void> }>(
  options: EncoderOptions,
  use: EncoderUse<Context>,
  { file, ...opening }: Opening & { readonly file: CheckedGguf },
): Promise<LoadedEncoder<Context> | { readonly reason: string }> {
  if (options.wordsOnDisk === false) return { reason: 'so it was asked for' };
  const { llama, contexts } = opening;
  if (!llama.supportsMmap) return { reason: 'this system maps no files into memory' };
  const rowsEach = Math.min(use.mostTokens, architectureFacts(file.metadata).contextTokens ?? use.mostTokens);
  const folder = options.workFolder ?? tmpdir();
  const rows = await WordRows.open(options.modelId, file, { folder, rowsEach, texts: contexts });
  if ('reason' in rows) return rows;
  try {
    const { model, opened } = await openContexts(options, use, { ...opening, path: rows.path });
    const places = new Map(opened.map((context, place) => [context, place]));
    const words: EncoderWords<Context> = {
      tokenize: (text) => rows.tokenize(text).map(toToken),
      place: (context, tokens) => rows.place(places.get(context) ?? 0, tokens).map(toToken),
    };
    if (!(await seesWhatIsWritten(use, model, opened[0], words))) {
      await model.dispose();
      await rows.dispose();
      return { reason: 'the engine does not see what is written to its file' };
    }
    await rows.hide();
    const dispose = async (): Promise<void> => {
      await llama.dispose();
      await rows.dispose();
    };
    return { model, pool: new ContextPool(opened), words, dispose };
  } catch (error) {
    await rows.dispose();
    return { reason: `its copy cannot be opened: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** Checks that different words in the same rows give different results, and the same words the same result. */
async function seesWhatIsWritten<Context>(
  { probe }: EncoderUse<Context>,
  model: LlamaModel,
  context: Context | undefined,
  { tokenize, place }: EncoderWords<Context>,
): Promise<boolean> {
  const [first, second] = new Set(tokenize('harbour 1 water 2'));
  if (context === undefined || first === undefined || second === undefined) return false;
  const results: string[] = [];
  for (const token of [first, second, first]) {
    results.push((await probe(context, model, place(context, [token]))).join(' '));
  }
  return results[0] === results[2] && results[0] !== results[1];
}

function toToken(id: number): Token {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the library's tokens are numbers with a name
  return id as Token;
}

/** Reads a number from the part of the metadata that belongs to the file's architecture. */
export function architectureNumber(model: LlamaModel, key: string): number | undefined {
  const found: unknown = Reflect.get(model.fileInfo.architectureMetadata, key);
  return typeof found === 'number' ? found : undefined;
}

/** source: ggml-org/llama.cpp, include/llama.h, `enum llama_pooling_type` */
export const RANK_POOLING = 4;

/** @param why the rest of the sentence, which says what to do */
export function wrongUse(modelId: string, why: string): ModelError {
  return new ModelError('Model.Unsupported', `Model "${modelId}" cannot be used for this: ${why}`);
}
