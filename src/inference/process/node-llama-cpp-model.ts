import { ENGINE_CAPABILITIES } from '../capabilities.js';
import { EnginePool } from './engine-pool.js';
import type { InProcessModelOptions } from '../llama/in-process-model.js';
import type {
  BeamSearchCallOptions,
  BeamSearchRequest,
  BeamSearchResult,
  GenerateOptions,
  GenerateRequest,
  GenerateResult,
  LanguageModel,
  Prompt,
} from '../language-model.js';

export interface NodeLlamaCppModelOptions extends InProcessModelOptions {
  /**
   * Number of processes that answer at the same time, on a CPU; the second one starts when two requests overlap. Each has a KV cache of its
   * own, and there are never more processes than sequences. Default: 1.
   */
  readonly engines?: number | undefined;
}

/**
 * Opens a GGUF file with llama.cpp in a separate process. Nothing is built or downloaded.
 *
 * In a separate process, compute threads do not share libuv's pool with other work (`EngineChild` has the figures), and a crash of native
 * code becomes `Model.Crashed`, which is retryable: the next request starts the process again. The process ends with this one, however this
 * one ends.
 */
export async function openNodeLlamaCppModel(options: NodeLlamaCppModelOptions): Promise<LanguageModel> {
  const { onNotice = () => undefined, ...engineOptions } = options;
  return new NodeLlamaCppModel(options.modelId, await EnginePool.open(engineOptions, onNotice));
}

class NodeLlamaCppModel implements LanguageModel {
  readonly capabilities = ENGINE_CAPABILITIES;
  readonly contextTokens: number;
  readonly sequences: number;

  constructor(
    readonly modelId: string,
    private readonly engines: EnginePool,
  ) {
    this.contextTokens = engines.sizes.contextTokens;
    this.sequences = engines.sizes.sequences;
  }

  async countPromptTokens(prompt: Prompt): Promise<number> {
    const engine = await this.engines.any();
    const report = await engine.request((id) => ({ type: 'count', id, prompt }));
    if (report.type !== 'counted') throw new TypeError(`The engine answered a count by ${report.type}`);
    return report.tokens;
  }

  generate(request: GenerateRequest, { signal, onDelta, onProgress }: GenerateOptions): Promise<GenerateResult> {
    return this.engines.use(
      request.cacheKey,
      async (engine) => {
        const report = await engine.cancellable(
          signal,
          (id) => ({ type: 'generate', id, request, cancelled: signal.aborted }),
          (news) => {
            if (news.type === 'delta') onDelta(news.delta);
            else if (news.type === 'progress') onProgress?.(news.progress);
          },
        );
        if (report.type !== 'result') throw new TypeError(`The engine answered a request by ${report.type}`);
        return report.result;
      },
      ({ usage }) => usage.inputTokens + usage.outputTokens,
      () => onProgress?.({ step: 'loading', done: 0, total: 1 }),
    );
  }

  beamSearch(request: BeamSearchRequest, { signal, onStep }: BeamSearchCallOptions): Promise<BeamSearchResult> {
    return this.engines.use(undefined, async (engine) => {
      const cancelled = signal.aborted;
      const report = await engine.cancellable(
        signal,
        (id) => ({ type: 'search', id, request, cancelled }),
        (news) => {
          if (news.type === 'step') onStep?.(news.progress);
        },
      );
      if (report.type !== 'found') throw new TypeError(`The engine answered a search by ${report.type}`);
      return report.result;
    });
  }

  async forget(cacheKey: string): Promise<void> {
    this.engines.forget(cacheKey);
    await this.engines.all((engine) => engine.request((id) => ({ type: 'forget', id, cacheKey })));
  }

  dispose(): Promise<void> {
    return this.engines.dispose();
  }
}
