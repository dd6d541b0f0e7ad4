import type * as fc from 'fast-check';
import type {
  BatchEngine,
  BatchItem,
  SampledToken,
  SamplerGrammar,
} from '../../src/inference/scheduler/batch-engine.js';
import type { Snapshots } from '../../src/inference/scheduler/sequence-slot.js';

export interface TrialHooks {
  /** Called wherever work begins and ends. */
  readonly observe: () => void;
  /** Told what a scheduler must never do. */
  readonly fault: (what: string) => void;
}

/** What follows these tokens: another after any other text. */
export function nextToken(tokens: readonly number[]): number {
  return 2_000 + (tokens.reduce((sum, token, index) => (sum + token * (index + 1)) % 65_521, 0) % 997);
}

/** An engine and a store of snapshots that take as long as the schedule wants, and fail where the list of failures says so. */
export class TrialEngine implements BatchEngine {
  readonly batchTokens = 64;
  readonly contextTokens = 146;
  readonly stored = new Map<string, { readonly tokens: readonly number[]; readonly cacheKey: string | undefined }>();
  samplers = 0;
  disposed = false;
  hasFailed = false;
  private readonly cache: number[][];
  private started = 0;
  private isBusy = false;

  constructor(
    private readonly turns: fc.Scheduler,
    readonly sequences: number,
    private readonly failures: readonly boolean[],
    private readonly hooks: TrialHooks,
  ) {
    this.cache = Array.from({ length: sequences }, () => []);
  }

  holds(sequence: number): number[] {
    return this.cache[sequence] ?? [];
  }

  run(items: readonly BatchItem[]): Promise<(SampledToken | undefined)[]> {
    if (this.failures[this.started] === true && this.started % 2 === 0) {
      this.started++;
      this.hasFailed = true;
      throw new Error('run fails at once');
    }
    return this.alone('run', () =>
      items.map(({ sequence, position, tokens, sample }) => {
        const held = this.holds(sequence);
        if (position !== held.length) this.hooks.fault(`a batch at ${position}, where ${held.length} tokens are held`);
        held.push(...tokens);
        if (held.length > this.contextTokens) this.hooks.fault('a sequence is over its context');
        return sample && { token: nextToken(held) };
      }),
    );
  }

  truncate(sequence: number, length: number): boolean {
    this.use('truncate');
    this.holds(sequence).length = Math.min(length, this.holds(sequence).length);
    return true;
  }

  copy(from: number, to: number): Promise<boolean> {
    return this.alone('copy', () => {
      this.holds(to).splice(0, Infinity, ...this.holds(from));
      return true;
    });
  }

  save(sequence: number, tokens: readonly number[]): Promise<void> {
    return this.alone('save', () => {
      if (String(tokens) !== String(this.holds(sequence))) this.hooks.fault('what is saved is not what is held');
    });
  }

  load(sequence: number, path: string): Promise<void> {
    // Half of it is there when it fails.
    this.holds(sequence).push(7, 7);
    return this.alone('load', () => {
      const file = this.stored.get(path);
      if (file === undefined) throw new Error('no such file');
      this.holds(sequence).splice(0, Infinity, ...file.tokens);
    });
  }

  createSampler(grammar?: SamplerGrammar) {
    this.use('createSampler');
    this.hooks.observe();
    if (grammar !== undefined) throw new Error('no grammar');
    this.samplers++;
    return { dispose: () => void this.samplers-- };
  }

  async dispose(): Promise<void> {
    this.use('dispose');
    this.disposed = true;
  }

  readonly snapshots: Snapshots = {
    list: () => this.work('list', () => [...this.stored].map(([name, { tokens }]) => ({ name, tokens }))),
    save: async (tokens, write, cacheKey) => {
      const kept = [...tokens];
      await write('');
      await this.work('keep', () => void this.stored.set(String(kept), { tokens: kept, cacheKey }));
    },
    load: async (name, read) => {
      const isThere = await this.work('verify', () => this.stored.has(name));
      if (isThere) await read(name);
      return isThere;
    },
    forget: async (cacheKey) => {
      await this.work('forget', () => {
        for (const [name, one] of this.stored) if (one.cacheKey === cacheKey) this.stored.delete(name);
      });
    },
  };

  /** Work of the engine: none of it may overlap. */
  private async alone<T>(label: string, action: () => T): Promise<T> {
    this.use(label);
    this.isBusy = true;
    try {
      return await this.work(label, action);
    } finally {
      this.isBusy = false;
    }
  }

  private use(label: string): void {
    if (this.isBusy) this.hooks.fault(`${label} while the engine works`);
    if (this.disposed) this.hooks.fault(`${label} after the engine was disposed of`);
  }

  private async work<T>(label: string, action: () => T): Promise<T> {
    this.hooks.observe();
    const fails = this.failures[this.started++] ?? false;
    await this.turns.schedule(Promise.resolve(), label);
    this.hooks.observe();
    if (!fails) return action();
    this.hasFailed = true;
    throw new Error(`${label} fails`);
  }
}
