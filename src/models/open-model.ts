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
  /** Receives notices about choices made and surprises handled, one sentence each. */
  readonly onNotice: (notice: string) => void;
  /** Capabilities that the model must have. */
  readonly needs?: Needs;
  /** Uses that the model may be made for. Default: answering messages. */
  readonly uses?: readonly ModelUse[];
  /** Whether to keep states of conversations on disk. */
  readonly keepsSnapshots: boolean;
}

/**
 * Opens the model identified by a name, a path, `ollama:NAME` or `openai:NAME`, and fetches its file if it
 * is missing. The caller disposes the model.
 *
 * @throws {ModelError | ArtefactError} `Model.Unsupported` if the model lacks a needed capability
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

/** Imports only the backend that is used, because each brings its own library. */
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
