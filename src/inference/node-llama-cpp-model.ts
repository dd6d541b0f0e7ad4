import { ENGINE_CAPABILITIES } from './capabilities.js';
import { EngineChild } from './engine-child.js';
import type { EngineOpened } from './engine-protocol.js';
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
import { LiveProcess } from './native-process.js';

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
  const start = (): EngineChild => new EngineChild(engineOptions, onNotice);
  const engine = start();
  return new NodeLlamaCppModel(options.modelId, await engine.opened, new LiveProcess(options.modelId, start, engine));
}

class NodeLlamaCppModel implements LanguageModel {
  readonly capabilities = ENGINE_CAPABILITIES;
  readonly contextTokens: number;
  readonly sequences: number;

  constructor(
    readonly modelId: string,
    sizes: EngineOpened,
    private readonly engine: LiveProcess<EngineChild>,
  ) {
    this.contextTokens = sizes.contextTokens;
    this.sequences = sizes.sequences;
  }

  async countPromptTokens(prompt: Prompt): Promise<number> {
    const engine = await this.engine.running();
    const report = await engine.request((id) => ({ type: 'count', id, prompt }));
    if (report.type !== 'counted') throw new TypeError(`The engine answered a count by ${report.type}`);
    return report.tokens;
  }

  async generate(request: GenerateRequest, { signal, onDelta }: GenerateOptions): Promise<GenerateResult> {
    const engine = await this.engine.running();
    const report = await engine.cancellable(
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
    const engine = await this.engine.running();
    const cancelled = signal.aborted;
    const report = await engine.cancellable(signal, (id) => ({ type: 'search', id, request, cancelled }));
    if (report.type !== 'found') throw new TypeError(`The engine answered a search by ${report.type}`);
    return report.result;
  }

  async forget(cacheKey: string): Promise<void> {
    const engine = await this.engine.running();
    await engine.request((id) => ({ type: 'forget', id, cacheKey }));
  }

  dispose(): Promise<void> {
    return this.engine.dispose();
  }
}
