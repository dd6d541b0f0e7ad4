import { ENGINE_CAPABILITIES } from './capabilities.js';
import { EngineChild } from './engine-child.js';
import type { EngineCommand, EngineOptions, EngineReport } from './engine-protocol.js';
import type { InProcessModelOptions } from './in-process-model.js';
import type {
  BeamSearchRequest,
  BeamSearchResult,
  GenerateOptions,
  GenerateRequest,
  GenerateResult,
  LanguageModel,
  Prompt,
} from './language-model.js';
import { ModelError } from './model-error.js';

export type NodeLlamaCppModelOptions = InProcessModelOptions;

/**
 * Opens a GGUF file with llama.cpp in a process of its own. Nothing is built or downloaded.
 *
 * A process of its own, since its compute threads then do not share libuv's pool with other work (`EngineChild` has the
 * figures), and since a crash of native code becomes `Model.Crashed`, retryable: the process is started again for the next
 * request. It ends with this process, however that ends.
 *
 * @throws {ModelError} `Model.NotFound`, `Model.Damaged`, `Model.Unsupported`, or `Model.Unavailable` when memory is short.
 */
export async function openNodeLlamaCppModel(options: NodeLlamaCppModelOptions): Promise<LanguageModel> {
  const { onNotice = () => undefined, ...engineOptions } = options;
  const engine = new EngineChild(engineOptions, onNotice);
  return new NodeLlamaCppModel(engineOptions, onNotice, await engine.opened, engine);
}

class NodeLlamaCppModel implements LanguageModel {
  readonly capabilities = ENGINE_CAPABILITIES;
  readonly modelId: string;
  readonly contextTokens: number;
  readonly sequences: number;
  private disposed = false;

  constructor(
    private readonly options: EngineOptions,
    private readonly onNotice: (notice: string) => void,
    sizes: { readonly contextTokens: number; readonly sequences: number },
    private engine: EngineChild,
  ) {
    this.modelId = options.modelId;
    this.contextTokens = sizes.contextTokens;
    this.sequences = sizes.sequences;
  }

  async countPromptTokens(prompt: Prompt): Promise<number> {
    const engine = await this.liveEngine();
    const report = await engine.request((id) => ({ type: 'count', id, prompt }));
    if (report.type !== 'counted') throw new TypeError(`The engine answered a count by ${report.type}`);
    return report.tokens;
  }

  async generate(request: GenerateRequest, { signal, onDelta }: GenerateOptions): Promise<GenerateResult> {
    const report = await this.cancellable(
      signal,
      (id) => ({ type: 'generate', id, request, cancelled: signal.aborted }),
      (progress) => {
        if (progress.type === 'delta') onDelta(progress.delta);
      },
    );
    if (report.type !== 'result') throw new TypeError(`The engine answered a request by ${report.type}`);
    return report.result;
  }

  async beamSearch(request: BeamSearchRequest, { signal }: Pick<GenerateOptions, 'signal'>): Promise<BeamSearchResult> {
    const report = await this.cancellable(signal, (id) => ({
      type: 'search',
      id,
      request,
      cancelled: signal.aborted,
    }));
    if (report.type !== 'found') throw new TypeError(`The engine answered a search by ${report.type}`);
    return report.result;
  }

  async forget(cacheKey: string): Promise<void> {
    const engine = await this.liveEngine();
    await engine.request((id) => ({ type: 'forget', id, cacheKey }));
  }

  async dispose(): Promise<void> {
    this.disposed = true;
    await this.engine.dispose();
  }

  private async cancellable(
    signal: AbortSignal,
    command: (id: number) => EngineCommand,
    onReport: (report: EngineReport) => void = () => undefined,
  ) {
    const engine = await this.liveEngine();
    const withdrawn = new AbortController();
    try {
      return await engine.request(command, onReport, (id) => {
        const cancel = (): void => engine.send({ type: 'cancel', id });
        signal.addEventListener('abort', cancel, { signal: withdrawn.signal });
      });
    } finally {
      withdrawn.abort();
    }
  }

  /** The running engine, started again if it crashed. */
  private async liveEngine(): Promise<EngineChild> {
    if (this.disposed) {
      throw new ModelError('Model.Unavailable', `Model "${this.modelId}" is closed.`, { retryAfterMs: 1000 });
    }
    if (this.engine.ended) this.engine = new EngineChild(this.options, this.onNotice);
    const { engine } = this;
    await engine.opened;
    return engine;
  }
}
