import type { BatchEngine } from './batch-engine.js';
import type { Job } from './scheduler-job.js';
import { commonPrefixLength } from './sequence-choice.js';
import type { Snapshot, SnapshotStore } from '../snapshots/snapshot-store.js';

/** The store for states of evicted sequences. */
export type Snapshots = Pick<SnapshotStore, 'list' | 'save' | 'load' | 'forget'>;

/** A snapshot is worth its disk space if it holds this many tokens more than existing ones. */
export const WORTH_SAVING_TOKENS = 64;

export interface PrepareOptions {
  /** The conversation that the sequence will hold. */
  readonly cacheKey: string | undefined;
  readonly copyFrom: SequenceSlot | undefined;
  readonly load: Snapshot | undefined;
  /** Called in the middle of a step that takes long. */
  readonly onStep: () => void;
  /** Called after a step at which the sequence may be left: false if the request no longer needs it. */
  readonly goesOn: () => boolean;
}

/**
 * A sequence of the engine's KV cache, and its content. Its methods use the engine: call them only between rounds, one at a time.
 */
export class SequenceSlot {
  /** Evaluated tokens, exactly those in the cache. */
  tokens: number[] = [];
  lastUsed = 0;
  /** The conversation that `tokens` belong to. */
  cacheKey: string | undefined;
  job: Job | undefined;
  /** Whether its state must be saved before the next round. */
  snapshotWanted = false;
  /** Whether its newest answer was stopped in the middle and may be continued. */
  unfinished = false;
  /** Number of `tokens` in its newest snapshot. */
  private savedTokens = 0;

  constructor(
    readonly id: number,
    private readonly engine: BatchEngine,
    private readonly snapshots: Snapshots | undefined,
  ) {}

  truncate(length: number): void {
    this.savedTokens = Math.min(this.savedTokens, length);
    if (this.tokens.length === length) return;
    this.tokens = this.engine.truncate(this.id, length) ? this.tokens.slice(0, length) : [];
  }

  /** Drops everything; used after a failure, when the content of the cache is unknown. */
  clear(): void {
    this.tokens = [];
    this.savedTokens = 0;
    this.cacheKey = undefined;
    this.snapshotWanted = false;
    this.engine.truncate(this.id, 0);
  }

  /** Saves a snapshot of its content, unless there is one that lacks only a few tokens. A snapshot that cannot be written is skipped. */
  async save(worthTokens = WORTH_SAVING_TOKENS): Promise<void> {
    const { tokens, cacheKey } = this;
    if (tokens.length - this.savedTokens < worthTokens) return;
    const write = (path: string): Promise<void> => this.engine.save(this.id, tokens, path);
    await this.snapshots?.save(tokens, write, cacheKey).catch(() => undefined);
    this.savedTokens = tokens.length;
  }

  /** Makes it hold the longest beginning of `tokens` that is available without evaluation. Content that this evicts is saved first. */
  async prepare(
    tokens: readonly number[],
    { cacheKey, copyFrom, load, onStep, goesOn }: PrepareOptions,
  ): Promise<void> {
    const pushedOut = this.tokens.length - commonPrefixLength(tokens, this.tokens);
    if (this.snapshotWanted || pushedOut >= WORTH_SAVING_TOKENS) {
      this.snapshotWanted = false;
      await this.save();
      if (!goesOn()) return;
    }
    if (copyFrom !== undefined) await this.copy(copyFrom);
    if (load !== undefined) await this.load(load, onStep);
    // At least one token must be evaluated, because the next one's probabilities come from it. This happens before the request can end,
    // because content of another conversation must not stay under this one's name.
    this.truncate(Math.min(commonPrefixLength(tokens, this.tokens), tokens.length - 1));
    this.cacheKey = cacheKey;
    this.unfinished = false;
    goesOn();
  }

  /** Copies the content of another sequence. */
  private async copy(source: SequenceSlot): Promise<void> {
    this.clear();
    const tokens = [...source.tokens];
    if (await this.engine.copy(source.id, this.id)) this.tokens = tokens;
  }

  /**
   * Loads a snapshot; leaves the sequence empty if the snapshot is damaged or gone.
   *
   * @param onRead called when the file is verified and the engine begins to read it
   */
  private async load({ name, tokens }: Snapshot, onRead: () => void): Promise<void> {
    this.clear();
    const read = (path: string): Promise<void> => {
      onRead();
      return this.engine.load(this.id, path);
    };
    const isLoaded = await this.snapshots?.load(name, read).catch(() => false);
    if (isLoaded !== true) {
      // A load that failed halfway may have left some content.
      this.engine.truncate(this.id, 0);
      return;
    }
    this.tokens = [...tokens];
    this.savedTokens = tokens.length;
  }
}
