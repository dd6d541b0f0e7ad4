/**
 * One file over 300 lines, because it contains everything that depends on private objects of node-llama-cpp: their types, the check of
 * their version, and the code that uses them. When the package changes, only this file has to be compared with it.
 */
import type { LlamaContext } from 'node-llama-cpp';
import type {
  BatchEngine,
  BatchItem,
  SampledLogprobs,
  SamplerGrammar,
  SamplingSettings,
  TokenSampler,
} from '../scheduler/batch-engine.js';
import { ModelError } from '../model-error.js';
import { ThreadChoice } from './thread-choice.js';

export interface LlamaBatchEngineOptions {
  readonly context: LlamaContext;
  /** Number of sequences that the context was created with. */
  readonly sequences: number;
  /** Maximum number of compute threads; `ThreadChoice` takes fewer if that is faster. */
  readonly threads: number;
}

/**
 * Drives llama.cpp through node-llama-cpp's native objects instead of its sequences, which queue each decode behind a lock and a
 * dispatcher. That halves the speed on few cores and delays admission by seconds.
 *
 * These objects are not part of the package's public types. Therefore package.json pins the exact version, and the check here reports it
 * when a newer version has changed them.
 *
 * @throws {ModelError} `Model.Unsupported` when the installed version differs.
 */
export function createLlamaBatchEngine({ context, sequences, threads }: LlamaBatchEngineOptions): BatchEngine {
  const native = nativeContext(context);
  const bindings = nativeBindings(context);
  const model = nativeModel(context);
  const batchTokens = context.batchSize;
  const threadChoice = new ThreadChoice(threads);
  const samplers = new SamplerPool(bindings, model);
  return {
    sequences,
    contextTokens: context.contextSize,
    batchTokens,
    async run(items) {
      const size = items.reduce((sum, { tokens }) => sum + tokens.length, 0);
      native.initBatch(size);
      const logits = items.map((item) => addToBatch(native, item));
      const count = threadChoice.choose(size);
      native.setThreads(count);
      const startedAt = performance.now();
      await native.decodeBatch();
      threadChoice.record(size, count, performance.now() - startedAt);
      return allEnded(
        items.map(async ({ sample }, index) => {
          const at = logits[index];
          if (sample === undefined || at === undefined) return undefined;
          if (!(sample.sampler instanceof LlamaTokenSampler)) throw new TypeError('A sampler of another engine');
          sample.sampler.configure(sample.settings);
          const token = await sample.sampler.sample(native, at);
          if (token < 0) throw new Error('no token could be sampled: all were excluded');
          if (sample.topLogprobs === undefined) return { token };
          return { token, logprobs: await sample.sampler.logprobs(native, at, token, sample.topLogprobs) };
        }),
      );
    },
    truncate(sequence, length) {
      if (length > 0 && native.removeTokenCellsFromSequence(sequence, length, -1)) return true;
      native.disposeSequence(sequence);
      return length === 0;
    },
    async copy(from, to) {
      native.disposeSequence(to);
      return (await native.copySequenceStateFromOtherSequence(to, from)) >= 0;
    },
    async save(sequence, tokens, path) {
      await native.saveSequenceStateToFile(path, sequence, Uint32Array.from(tokens));
    },
    async load(sequence, path) {
      try {
        await native.loadSequenceStateFromFile(path, sequence, context.contextSize);
      } catch (error) {
        native.disposeSequence(sequence);
        throw error;
      }
    },
    createSampler: (grammar) => new LlamaTokenSampler(samplers, bindings, model, grammar),
    async dispose() {
      samplers.dispose();
      await context.dispose();
    },
  };
}

/** Like `Promise.all`, but rejects only after all have settled, because the cleanup after a failure frees memory that the others still use. */
async function allEnded<T>(all: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(all);
  return Promise.all(all);
}

function addToBatch(native: NativeContext, { sequence, position, tokens, sample }: BatchItem): number | undefined {
  const wanted = sample === undefined ? [] : [tokens.length - 1];
  return native.addToBatch(sequence, position, Uint32Array.from(tokens), Uint32Array.from(wanted))[0];
}

/**
 * Native samplers for the next requests. Each holds a list of the whole vocabulary in memory that the garbage collector does not see and
 * therefore frees late. With a new sampler for each request, the process would grow.
 */
class SamplerPool {
  private readonly spare: NativeSampler[] = [];
  private released = 0;

  constructor(
    private readonly bindings: NativeBindings,
    private readonly model: object,
  ) {}

  take(): NativeSampler {
    return this.spare.pop() ?? new this.bindings.AddonSampler(this.model);
  }

  give(sampler: NativeSampler): void {
    // Releases grammar and penalties. The seed changes each time, because the sampler does not reset when it gets its current seed again.
    sampler.applyConfig({ temperature: 0, seed: this.released++ >>> 0 });
    this.spare.push(sampler);
  }

  dispose(): void {
    for (const sampler of this.spare.splice(0)) sampler.dispose();
  }
}

class LlamaTokenSampler implements TokenSampler {
  private readonly free: NativeSampler;
  private readonly grammar: GrammarSampler | undefined;
  /** Has no settings and is greedy, so it sees all of the model's own logits. */
  private plain: NativeSampler | undefined;

  constructor(
    private readonly samplers: SamplerPool,
    bindings: NativeBindings,
    model: object,
    grammar: SamplerGrammar | undefined,
  ) {
    this.grammar = grammar && new GrammarSampler(samplers, bindings, model, grammar);
    this.free = samplers.take();
  }

  configure(settings: SamplingSettings): void {
    const config = {
      temperature: settings.temperature,
      topK: settings.topK,
      topP: settings.topP,
      minP: settings.minP,
      seed: settings.seed,
      repeatPenalty: settings.repetitionPenalty,
      // Constant within a request, because a change resets the native sampler.
      repeatPenaltyMaxTokens: settings.repetitionWindow,
      repeatPenaltyTokens: Uint32Array.from(settings.penalisedTokens),
      tokenBiasKeys: Uint32Array.from(settings.logitBias.keys()),
      tokenBiasValues: Float32Array.from(settings.logitBias.values()),
    };
    this.free.applyConfig(config);
    this.grammar?.configure(config);
  }

  /** Checking the whole vocabulary against a grammar is slow, so this chooses freely first and keeps the choice if the grammar allows it. */
  async sample(native: NativeContext, at: number): Promise<number> {
    const token = await native.sampleToken(at, this.free);
    return this.grammar === undefined || this.grammar.accept(token) ? token : this.grammar.sample(native, at);
  }

  async logprobs(native: NativeContext, at: number, token: number, top: number): Promise<SampledLogprobs> {
    if (this.plain === undefined) {
      this.plain = this.samplers.take();
      this.plain.applyConfig({ temperature: 0 });
    }
    // The likeliest token is always needed, because the weight is relative to it.
    const wanted = [[token], false, false, false, Math.max(1, top)] as const;
    const [, , , logits = [], weight = 1] = await native.sampleToken(at, this.plain, false, false, wanted, true);
    const pairs = Array.from({ length: logits.length / 2 }, (_, index) => ({
      token: logits[2 * index] ?? -1,
      logit: logits[2 * index + 1] ?? Number.NEGATIVE_INFINITY,
    }));
    const most = pairs[0]?.logit ?? 0;
    const likely = pairs.map(({ token: id, logit }) => ({ token: id, logprob: logit - most - Math.log(weight) }));
    const chosen = likely.find((one) => one.token === token)?.logprob ?? Number.NEGATIVE_INFINITY;
    return { chosen, top: likely.slice(0, top) };
  }

  dispose(): void {
    this.samplers.give(this.free);
    this.grammar?.dispose();
    if (this.plain !== undefined) this.samplers.give(this.plain);
  }
}

/** A sampler that excludes tokens that the grammar does not allow, with that grammar's state. */
class GrammarSampler {
  private readonly sampler: NativeSampler;
  private readonly state: object;

  constructor(
    private readonly samplers: SamplerPool,
    private readonly bindings: NativeBindings,
    model: object,
    { source, accepted }: SamplerGrammar,
  ) {
    const { AddonGrammar, AddonGrammarEvaluationState, AddonSampler } = bindings;
    const grammar = new AddonGrammar(source, { addonExports: bindings, rootRuleName: 'root' });
    this.state = new AddonGrammarEvaluationState(model, grammar);
    for (const token of accepted) AddonSampler.acceptGrammarEvaluationStateToken(this.state, token);
    this.sampler = samplers.take();
  }

  configure(config: SamplerConfig): void {
    this.sampler.applyConfig({ ...config, grammarEvaluationState: this.state });
  }

  /** Advances the grammar by this token if the grammar allows it. */
  accept(token: number): boolean {
    const { AddonSampler } = this.bindings;
    if (!AddonSampler.canBeNextTokenForGrammarEvaluationState(this.state, token)) return false;
    AddonSampler.acceptGrammarEvaluationStateToken(this.state, token);
    return true;
  }

  /** Chooses among the tokens that the grammar allows and advances it. */
  sample(native: NativeContext, at: number): Promise<number> {
    return native.sampleToken(at, this.sampler);
  }

  dispose(): void {
    this.samplers.give(this.sampler);
  }
}

/** source: node-llama-cpp 3.22.1, `dist/bindings/AddonTypes.d.ts`, `AddonContext`. */
interface NativeContext {
  initBatch(size: number): void;
  addToBatch(sequence: number, position: number, tokens: Uint32Array, logitIndexes: Uint32Array): Uint32Array;
  setThreads(threads: number): void;
  decodeBatch(): Promise<void>;
  sampleToken(batchLogitIndex: number, sampler: NativeSampler): Promise<number>;
  sampleToken(
    batchLogitIndex: number,
    sampler: NativeSampler,
    probabilities: false,
    confidence: false,
    logits: readonly [
      tokens: readonly number[],
      includeMax: boolean,
      includeMin: boolean,
      includeSelected: boolean,
      includeTop: number,
    ],
    totalLogitWeight: true,
  ): Promise<
    [
      token: number,
      probabilities: undefined,
      confidence: undefined,
      /** Pairs of token and logit: the top ones, likeliest first, then those of `tokens`. */
      logits: number[] | undefined,
      /** Sum of e^(logit - largest logit) over the vocabulary. */
      totalLogitWeight: number | undefined,
    ]
  >;
  disposeSequence(sequence: number): void;
  removeTokenCellsFromSequence(sequence: number, start: number, end: number): boolean;
  copySequenceStateFromOtherSequence(target: number, source: number): Promise<number>;
  saveSequenceStateToFile(path: string, sequence: number, tokens: Uint32Array): Promise<number>;
  loadSequenceStateFromFile(path: string, sequence: number, maxContextTokens: number): Promise<Uint32Array>;
}

/** source: the same file, `AddonSampler`. */
interface NativeSampler {
  applyConfig(config: SamplerConfig): void;
  dispose(): void;
}

type SamplerConfig = Readonly<Record<string, number | Uint32Array | Float32Array | object>>;

/** source: the same file, `BindingModule`. */
interface NativeBindings {
  readonly AddonSampler: {
    new (model: object): NativeSampler;
    acceptGrammarEvaluationStateToken(state: object, token: number): void;
    canBeNextTokenForGrammarEvaluationState(state: object, token: number): boolean;
  };
  readonly AddonGrammar: new (source: string, options: { addonExports: object; rootRuleName: string }) => object;
  readonly AddonGrammarEvaluationState: new (model: object, grammar: object) => object;
}

const CONTEXT_METHODS = [
  'initBatch',
  'addToBatch',
  'setThreads',
  'decodeBatch',
  'sampleToken',
  'disposeSequence',
  'removeTokenCellsFromSequence',
  'copySequenceStateFromOtherSequence',
  'saveSequenceStateToFile',
  'loadSequenceStateFromFile',
] as const satisfies readonly (keyof NativeContext)[];

function nativeContext(context: LlamaContext): NativeContext {
  const native = property(context, '_ctx');
  if (!hasMethods(native)) throw changed(`its context lacks one of ${CONTEXT_METHODS.join(', ')}`);
  return native;
}

function hasMethods(value: unknown): value is NativeContext {
  return CONTEXT_METHODS.every((name) => typeof property(value, name) === 'function');
}

function nativeBindings(context: LlamaContext): NativeBindings {
  const bindings = property(property(context.model, '_llama'), '_bindings');
  if (!hasClasses(bindings)) throw changed('it lacks AddonSampler, AddonGrammar or AddonGrammarEvaluationState');
  return bindings;
}

function hasClasses(value: unknown): value is NativeBindings {
  return ['AddonSampler', 'AddonGrammar', 'AddonGrammarEvaluationState'].every(
    (name) => typeof property(value, name) === 'function',
  );
}

function nativeModel(context: LlamaContext): object {
  const model = property(context.model, '_model');
  if (typeof model !== 'object' || model === null) throw changed('its model has no native object');
  return model;
}

function property(value: unknown, name: string): unknown {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
    ? Reflect.get(value, name)
    : undefined;
}

function changed(what: string): ModelError {
  return new ModelError(
    'Model.Unsupported',
    `The installed node-llama-cpp is not the version that Colloquy was made for: ${what}. Run "npm ci".`,
  );
}
