import type { BatchEngine } from './batch-engine.js';
import type { Job } from './scheduler-job.js';
import { commonPrefixLength } from './sequence-choice.js';
import type { Snapshot, SnapshotStore } from '../snapshots/snapshot-store.js';

/** Where states of sequences go that are pushed out, and come from again. */
export type Snapshots = Pick<SnapshotStore, 'list' | 'save' | 'load' | 'forget'>;

/** A snapshot that holds this much more than what there is, is worth its disk space. */
export const WORTH_SAVING_TOKENS = 64;

export interface PrepareOptions {
  /** Whose conversation it is to hold from now on. */
  readonly cacheKey: string | undefined;
  readonly copyFrom: SequenceSlot | undefined;
  readonly load: Snapshot | undefined;
  /** Called in the middle of a step that takes long. */
  readonly onStep: () => void;
  /** Asked after a step, when the sequence may be left: false when nobody needs it any more. */
  readonly goesOn: () => boolean;
}

/**
 * A sequence of the engine's KV cache, and what it holds. Its methods use the engine: they are for the time between rounds, one at a
 * time.
 */
export class SequenceSlot {
  /** Evaluated tokens, exactly those in the cache. */
  tokens: number[] = [];
  lastUsed = 0;
  /** Of the conversation that `tokens` are of. */
  cacheKey: string | undefined;
  job: Job | undefined;
  /** Its state is to be saved before the next round. */
  snapshotWanted = false;
  /** Its newest answer was stopped in the middle, and may be gone on with. */
  unfinished = false;
  /** How many of `tokens` the newest snapshot of it holds. */
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

  /** Drops everything, whatever the cache holds: after a failure that is unknown. */
  clear(): void {
    this.tokens = [];
    this.savedTokens = 0;
    this.cacheKey = undefined;
    this.snapshotWanted = false;
    this.engine.truncate(this.id, 0);
  }

  /** Keeps a snapshot of what it holds, unless there is one that lacks little. A snapshot that cannot be written is one less. */
  async save(worthTokens = WORTH_SAVING_TOKENS): Promise<void> {
    const { tokens, cacheKey } = this;
    if (tokens.length - this.savedTokens < worthTokens) return;
    const write = (path: string): Promise<void> => this.engine.save(this.id, tokens, path);
    await this.snapshots?.save(tokens, write, cacheKey).catch(() => undefined);
    this.savedTokens = tokens.length;
  }

  /** Makes it hold the longest beginning of `tokens` that there is without evaluation. What it pushes out is saved first. */
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
    // At least one token must be evaluated: the next one's probabilities come from it. Done before anything else may end the request:
    // what is of another conversation must not stay under this one's name.
    this.truncate(Math.min(commonPrefixLength(tokens, this.tokens), tokens.length - 1));
    this.cacheKey = cacheKey;
    this.unfinished = false;
    goesOn();
  }

  /** Makes it hold what another does. */
  private async copy(source: SequenceSlot): Promise<void> {
    this.clear();
    const tokens = [...source.tokens];
    if (await this.engine.copy(source.id, this.id)) this.tokens = tokens;
  }

  /**
   * Makes it hold what a snapshot does; nothing when that is damaged or gone by now.
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
      // A load that failed half-way may have left something.
      this.engine.truncate(this.id, 0);
      return;
    }
    this.tokens = [...tokens];
    this.savedTokens = tokens.length;
  }
}
