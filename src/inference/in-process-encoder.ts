import { setTimeout as sleep } from 'node:timers/promises';
import type { LlamaModel } from 'node-llama-cpp';
import { availableCores } from './available-cores.js';
import { checkGgufFile } from './gguf-file.js';
import { loadFailure, startLlama, type LoadLlamaOptions } from './load-llama.js';
import { ModelError } from './model-error.js';

/** What a model that reads, and writes nothing, is opened with. */
export interface EncoderOptions extends Pick<LoadLlamaOptions, 'modelId' | 'modelPath' | 'gpu' | 'onLoading'> {
  /** Texts that are read at the same time, each on `threads`. Default: `defaultContexts`. */
  readonly contexts?: number;
  /** Compute threads of each text. Default: 1. */
  readonly threads?: number;
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

export interface LoadedEncoder<Context extends { dispose(): Promise<void> }> {
  readonly model: LlamaModel;
  readonly pool: ContextPool<Context>;
  dispose(): Promise<void>;
}

/**
 * Opens a file and as many contexts as asked for.
 *
 * @param check throws a `ModelError` when the file is not for this use
 * @throws {ModelError} `Model.NotFound`, `Model.Damaged`, `Model.Unsupported`, or `Model.Unavailable` when memory is short
 */
export async function loadEncoder<Context extends { dispose(): Promise<void> }>(
  options: EncoderOptions,
  check: (model: LlamaModel) => void,
  createContext: (model: LlamaModel, threads: number) => Promise<Context>,
): Promise<LoadedEncoder<Context>> {
  const file = await checkGgufFile(options.modelId, options.modelPath);
  const contexts = options.contexts ?? defaultContexts();
  const threads = options.threads ?? 1;
  const complaints: string[] = [];
  const llama = await startLlama(options, contexts * threads, (complaint) => complaints.push(complaint));
  try {
    const model = await llama.loadModel({
      modelPath: file.path,
      gpuLayers: llama.gpu === false ? 0 : 'max',
      ...(options.onLoading && { onLoadProgress: options.onLoading }),
    });
    check(model);
    const opened: Context[] = [];
    for (let i = 0; i < contexts; i++) {
      opened.push(await createContext(model, threads));
      options.onLoading?.();
    }
    return { model, pool: new ContextPool(opened), dispose: () => llama.dispose() };
  } catch (error) {
    // The engine's complaints arrive a moment later; disposed of earlier, it would print them to standard error.
    await sleep(10);
    await llama.dispose();
    throw loadFailure(options, error, complaints);
  }
}

/** A number in the part of a file's metadata that belongs to its architecture. */
export function architectureNumber(model: LlamaModel, key: string): number | undefined {
  const found: unknown = Reflect.get(model.fileInfo.architectureMetadata, key);
  return typeof found === 'number' ? found : undefined;
}

/** source: ggml-org/llama.cpp, include/llama.h, `enum llama_pooling_type` */
export const RANK_POOLING = 4;

export function wrongUse(modelId: string, why: string): ModelError {
  return new ModelError('Model.Unsupported', `Model "${modelId}" cannot be used for this: ${why}`);
}
