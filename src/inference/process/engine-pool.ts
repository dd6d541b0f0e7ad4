import { stat } from 'node:fs/promises';
import { chooseEngine } from './choose-engine.js';
import { EngineChild } from './engine-child.js';
import type { EngineOpened, EngineOptions } from './engine-protocol.js';
import { SHARE_OF_MEMORY } from '../llama/engine-sizes.js';
import { ggufPartPaths } from '../gguf/gguf-parts.js';
import { LiveProcess } from './live-process.js';

interface Engine {
  readonly process: LiveProcess<EngineChild>;
  busy: number;
}

interface Holding {
  readonly engine: Engine;
  readonly tokens: number;
}

/** Maximum number of conversations whose engine is remembered; forgetting the least recent ones only costs time. */
const MOST_HOLDINGS = 10_000;

/**
 * The processes that a model runs in: one, and on a CPU more as soon as several requests overlap. They share the file's pages in memory and
 * the snapshots on disk. Each has a KV cache of its own, with the sizes of the first one.
 */
export class EnginePool {
  private readonly engines: Engine[];
  private readonly holdings = new Map<string, Holding>();
  private disposed = false;

  private constructor(
    private readonly options: EngineOptions,
    private readonly onNotice: (notice: string) => void,
    readonly sizes: EngineOpened,
    private readonly first: LiveProcess<EngineChild>,
    /** Maximum number of engines. */
    private most: number,
  ) {
    this.engines = [{ process: first, busy: 0 }];
  }

  /** @throws {ModelError} as `openNodeLlamaCppModel` says. */
  static async open(
    { engines, ...options }: EngineOptions & { readonly engines?: number | undefined },
    onNotice: (notice: string) => void,
  ): Promise<EnginePool> {
    const start = (): EngineChild => new EngineChild(options, onNotice);
    const child = start();
    const sizes = await child.opened;
    const first = new LiveProcess(options.modelId, start, child);
    const most = sizes.onGpu ? 1 : Math.max(1, Math.min(engines ?? 1, sizes.sequences));
    return new EnginePool(options, onNotice, sizes, first, most);
  }

  /** Any engine, for calls that take almost none of its time. */
  any(): Promise<EngineChild> {
    return this.first.running();
  }

  /**
   * Lets an engine work on a conversation. `tokensOf` returns how many of the conversation's tokens the engine then holds. `onLoading` is
   * called if the engine has to be opened first, which takes seconds.
   */
  async use<Result>(
    cacheKey: string | undefined,
    work: (engine: EngineChild) => Promise<Result>,
    tokensOf: (result: Result) => number = () => 0,
    onLoading: () => void = () => undefined,
  ): Promise<Result> {
    const engine = await this.take(cacheKey);
    try {
      const opening = this.running(engine);
      if (await isPending(opening)) onLoading();
      const running = await opening;
      if (running === undefined) return await this.use(cacheKey, work, tokensOf, onLoading);
      const result = await work(running);
      if (cacheKey !== undefined) this.hold(cacheKey, { engine, tokens: tokensOf(result) });
      return result;
    } finally {
      engine.busy--;
    }
  }

  /** Calls `work` for each engine, except one that does not open. */
  async all(work: (engine: EngineChild) => Promise<unknown>): Promise<void> {
    const each = async (engine: Engine): Promise<void> => {
      const running = await this.running(engine);
      if (running !== undefined) await work(running);
    };
    await Promise.all(this.engines.map(each));
  }

  forget(cacheKey: string): void {
    this.holdings.delete(cacheKey);
  }

  async dispose(): Promise<void> {
    this.disposed = true;
    await Promise.all(this.engines.map(({ process }) => process.dispose()));
  }

  /** Counts the engine as busy at once, so that a request at the same moment takes another one. */
  private async take(cacheKey: string | undefined): Promise<Engine> {
    let engine = this.pick(cacheKey);
    if (engine === undefined) {
      const fits = await this.hasMemory();
      // Another request may have started one meanwhile.
      engine = this.pick(cacheKey, fits) ?? this.startAnother();
    }
    engine.busy++;
    return engine;
  }

  /** Undefined means that a new engine should be started. */
  private pick(cacheKey: string | undefined, fits = true): Engine | undefined {
    const { engines } = this;
    const held = cacheKey === undefined ? undefined : this.holdings.get(cacheKey);
    const index = held === undefined ? -1 : engines.indexOf(held.engine);
    const holder = held === undefined || index < 0 ? undefined : { index, tokens: held.tokens };
    const mayStart = fits && !this.disposed && engines.length < this.most;
    return engines[chooseEngine({ engines, mayStart, holder })];
  }

  private startAnother(): Engine {
    const { contextTokens, sequences } = this.sizes;
    const start = (): EngineChild => new EngineChild({ ...this.options, contextTokens, sequences }, this.onNotice);
    const engine = { process: new LiveProcess(this.options.modelId, start, start()), busy: 0 };
    this.engines.push(engine);
    return engine;
  }

  /** Undefined if the engine is not the first one and does not open; the others continue without it. */
  private async running(engine: Engine): Promise<EngineChild | undefined> {
    // The engine may have been given up since it was taken. Using it would start another process, which nothing would end.
    if (!this.engines.includes(engine)) return undefined;
    try {
      return await engine.process.running();
    } catch (error) {
      const index = this.engines.indexOf(engine);
      if (index === 0 || this.disposed) throw error;
      if (index > 0) {
        this.engines.splice(index, 1);
        this.most = this.engines.length;
        const why = error instanceof Error ? error.message : String(error);
        this.onNotice(
          `Another engine of model "${this.options.modelId}" did not open; the model continues without it. ${why}`,
        );
      }
      return undefined;
    }
  }

  /** Whether there is memory for another engine. Depending on their type, weights may be shared or not. */
  private async hasMemory(): Promise<boolean> {
    const sizes = ggufPartPaths(this.options.modelPath).map((path) => stat(path).catch(() => ({ size: 0 })));
    const size = (await Promise.all(sizes)).reduce((sum, one) => sum + one.size, 0);
    return process.availableMemory() * SHARE_OF_MEMORY >= size + this.sizes.cacheBytes;
  }

  private hold(cacheKey: string, holding: Holding): void {
    this.holdings.delete(cacheKey);
    this.holdings.set(cacheKey, holding);
    const [oldest] = this.holdings.keys();
    if (this.holdings.size > MOST_HOLDINGS && oldest !== undefined) this.holdings.delete(oldest);
  }
}

/** Whether the promise is still unsettled; neither throws nor waits for it. */
function isPending(promise: Promise<unknown>): Promise<boolean> {
  const settled = promise.then(
    () => false,
    () => false,
  );
  return Promise.race([settled, new Promise<boolean>((resolve) => setImmediate(resolve, true))]);
}
