import { join } from 'node:path';
import { prepareHome } from '../artefacts/home.js';
import type { EnsureArtefactOptions } from '../artefacts/ensure-artefact.js';
import type { Config } from '../config.js';
import { defaultEngines } from '../inference/llama/default-threads.js';
import { requireCapabilities, type Needs } from '../inference/capabilities.js';
import type { LanguageModel } from '../inference/language-model.js';
import { resolveModel, type ModelUse, type ResolvedModel } from './resolve-model.js';

export interface OpenModelOptions {
  readonly config: Config;
  readonly home: string;
  readonly fetching: EnsureArtefactOptions;
  /** One sentence each, about choices made and surprises handled. */
  readonly onNotice: (notice: string) => void;
  /** What it must be able to do. */
  readonly needs?: Needs;
  /** What it may be made for. Default: to answer messages. */
  readonly uses?: readonly ModelUse[];
  /** Keep states of conversations on disk. */
  readonly keepsSnapshots: boolean;
}

/**
 * Opens the model that a name, a path, `ollama:NAME` or `openai:NAME` stands for, fetching its file when it is not there. The caller
 * disposes it.
 *
 * @throws {ModelError | ArtefactError} `Model.Unsupported` when it cannot do what is needed
 */
export async function openModel(nameOrPath: string, options: OpenModelOptions): Promise<LanguageModel> {
  const { home, fetching, needs = {}, uses } = options;
  await prepareHome(home);
  const model = await openResolved(await resolveModel(nameOrPath, fetching, uses), options);
  try {
    requireCapabilities(model, needs);
  } catch (error) {
    await model.dispose();
    throw error;
  }
  return model;
}

/** Loads only the backend that is used: each brings a library of its own. */
async function openResolved(resolved: ResolvedModel, options: OpenModelOptions): Promise<LanguageModel> {
  const { config, home, keepsSnapshots, onNotice } = options;
  const { contextTokens, threads } = config;
  if ('path' in resolved) {
    const { openNodeLlamaCppModel } = await import('../inference/process/node-llama-cpp-model.js');
    return openNodeLlamaCppModel({
      modelId: resolved.modelId,
      modelPath: resolved.path,
      gpu: config.gpu === 'off' ? false : config.gpu,
      threads,
      engines: config.engines ?? (threads === undefined ? defaultEngines() : 1),
      contextTokens,
      sequences: config.sequences,
      gpuLayers: config.gpuLayers,
      snapshots:
        keepsSnapshots && config.snapshotBytes > 0
          ? { folder: join(home, 'snapshots'), budgetBytes: config.snapshotBytes }
          : undefined,
      onNotice,
    });
  }
  const { modelId, name, backend } = resolved;
  switch (backend) {
    case 'ollama': {
      const { openOllamaModel } = await import('../inference/ollama/ollama-model.js');
      return openOllamaModel({
        modelId,
        name,
        host: config.ollamaHost,
        contextTokens,
        threads,
        mayLackChat: options.uses?.includes('base'),
        onNotice,
      });
    }
    case 'openai': {
      const { openOpenAiCompatibleModel } = await import('../inference/openai/openai-compatible-model.js');
      const { openAiBaseUrl: baseUrl, openAiApiKey: apiKey } = config;
      return openOpenAiCompatibleModel({ modelId, name, baseUrl, apiKey, contextTokens, onNotice });
    }
  }
}
