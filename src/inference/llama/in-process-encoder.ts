import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Llama, LlamaModel, Token } from 'node-llama-cpp';
import { availableCores } from './available-cores.js';
import { architectureFacts } from '../gguf/architecture-facts.js';
import { checkGgufFile, type CheckedGguf } from '../gguf/gguf-file.js';
import { loadFailure, startLlama, type LoadLlamaOptions } from './load-llama.js';
import { ModelError } from '../model-error.js';
import { WordRows } from '../word-rows/word-rows.js';

/** What a model that reads, and writes nothing, is opened with. */
export interface EncoderOptions extends Pick<LoadLlamaOptions, 'modelId' | 'modelPath' | 'gpu' | 'onLoading'> {
  /** Texts that are read at the same time, each on `threads`. Default: `defaultContexts`. */
  readonly contexts?: number;
  /** Compute threads of each text. Default: 1. */
  readonly threads?: number;
  /**
   * Leaves the table of words in the file, where the model's vocabulary is understood, rather than in memory. It gives the same results in a
   * third of the memory or less, and needs disk space for the rest of the model while it is open. Default: true.
   */
  readonly wordsOnDisk?: boolean;
  /** Where that copy of the rest is. Default: the system's folder for temporary files. */
  readonly workFolder?: string;
}

/**
 * As many as there are cores, each text on one thread. Measured on 2 cores with multilingual-e5-small and passages of about 200 tokens:
 * beside some other work 10–13 texts/s, against 3–6 with one at a time; where other programs take most of both cores, neither gains. One
 * text on 2 threads is up to 7 times slower than on one then, since its threads wait for each other.
 */
export function defaultContexts(): number {
  return Math.min(MOST_CONTEXTS, availableCores());
}

const MOST_CONTEXTS = 16;

/** One text at a time is read in each; the others wait for their turn. */
export class ContextPool<Context extends { dispose(): Promise<void> }> {
  private readonly idle: Context[];
  private readonly waiting: ((context: Context) => void)[] = [];

  constructor(private readonly contexts: readonly Context[]) {
    this.idle = [...contexts];
  }

  /**
   * Does the work for each item, in as many contexts as there are, results in the items' order. Of one caller no more items wait than there
   * are contexts, so that a single text is not behind a whole batch.
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
  /** Why a large vocabulary is held in memory, as the end of a sentence; undefined where it is not, or was asked for. */
  readonly wordsInMemory?: string;
  dispose(): Promise<void>;
}

/** How texts become what a context is given. */
export interface EncoderWords<Context> {
  /** With neither begin nor end; what looks like special tokens is text. */
  readonly tokenize: (text: string) => Token[];
  /** What stands for these tokens while the context reads them, and no longer. */
  readonly place: (context: Context, tokens: readonly Token[]) => Token[];
}

/** What a model is opened for. */
export interface EncoderUse<Context> {
  /** Throws a `ModelError` when the file is not for this use. */
  readonly check: (model: LlamaModel) => void;
  readonly createContext: (model: LlamaModel, threads: number) => Promise<Context>;
  /** Of one text, as far as the model reads that many. */
  readonly mostTokens: number;
  /** Reads one text of nothing but these tokens. */
  readonly probe: (context: Context, model: LlamaModel, tokens: readonly Token[]) => Promise<readonly number[]>;
}

/**
 * Opens a file and as many contexts as asked for. Its words stay in the file where that is possible.
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
    // The engine's complaints arrive a moment later; disposed of earlier, it would print them to standard error.
    await sleep(10);
    await llama.dispose();
    throw loadFailure(options, error, complaints);
  }
}

/** Words from which on they take more memory than most models. */
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

/** @returns or why that is not done, as the end of a sentence. What fails here is tried with all words in memory. */
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

/** Different words in the same rows must give different results, and the same words the same. */
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

/** A number in the part of a file's metadata that belongs to its architecture. */
export function architectureNumber(model: LlamaModel, key: string): number | undefined {
  const found: unknown = Reflect.get(model.fileInfo.architectureMetadata, key);
  return typeof found === 'number' ? found : undefined;
}

/** source: ggml-org/llama.cpp, include/llama.h, `enum llama_pooling_type` */
export const RANK_POOLING = 4;

/** @param why as the rest of a sentence, with what to do */
export function wrongUse(modelId: string, why: string): ModelError {
  return new ModelError('Model.Unsupported', `Model "${modelId}" cannot be used for this: ${why}`);
}
