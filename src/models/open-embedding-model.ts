import { join, resolve } from 'node:path';
import { prepareHome } from '../artefacts/home.js';
import type { Config } from '../config.js';
import type { EmbeddingModel, Reranker } from '../inference/embedding-model.js';
import type { OpenModelOptions } from './open-model.js';
import { modelIdOf, resolveModel } from './resolve-model.js';

export interface OpenEmbeddingModelOptions extends Pick<OpenModelOptions, 'home' | 'fetching' | 'onNotice'> {
  /** Requests `countTokensNow`, which splitting documents into chunks needs; every model with a vocabulary known here has it. Default: false. */
  readonly countsNow?: boolean;
  readonly config: Pick<
    Config,
    'gpu' | 'ollamaHost' | 'openAiBaseUrl' | 'openAiApiKey' | 'embeddingTokens' | 'rerankModel'
  >;
}

/**
 * Opens the embedding model identified by a name, a path, `ollama:NAME` or `openai:NAME`, and fetches its file if it
 * is missing. The caller disposes the model.
 *
 * @throws {ModelError | ArtefactError} `Model.NotFound` for a model of another use, `Model.Unsupported` if it makes no vectors
 */
export async function openEmbeddingModel(
  nameOrPath: string,
  { config, home, fetching, onNotice, countsNow }: OpenEmbeddingModelOptions,
): Promise<EmbeddingModel> {
  await prepareHome(home);
  const resolved = await resolveModel(nameOrPath, fetching, ['embedding']);
  const { modelId } = resolved;
  const { embeddingTokens: maxTokens } = config;
  if ('path' in resolved) {
    const { openLlamaEmbeddingModel } = await import('../inference/process/llama-embedding-model.js');
    const [modelPath, workFolder] = [resolved.path, workFolderOf(home)];
    return openLlamaEmbeddingModel({ modelId, modelPath, gpu: gpuOf(config), countsNow, workFolder, onNotice });
  }
  const { name, backend } = resolved;
  switch (backend) {
    case 'ollama': {
      const { openOllamaEmbeddingModel } = await import('../inference/ollama/ollama-embedding-model.js');
      return openOllamaEmbeddingModel({ modelId, name, host: config.ollamaHost, maxTokens });
    }
    case 'openai': {
      const { openOpenAiEmbeddingModel } = await import('../inference/openai/openai-embedding-model.js');
      const { openAiBaseUrl: baseUrl, openAiApiKey: apiKey } = config;
      return openOpenAiEmbeddingModel({ modelId, name, baseUrl, apiKey, maxTokens, onNotice });
    }
  }
}

/**
 * Opens the cross-encoder of `COLLOQUY_RERANK_MODEL`; undefined if none is configured. The caller disposes it.
 *
 * @throws {ModelError} `Model.NotFound`, `Model.Damaged`, or `Model.Unsupported` if the file is not a reranker
 */
export async function openReranker({
  config,
  home,
  onNotice,
}: Pick<OpenEmbeddingModelOptions, 'config'> & Partial<Pick<OpenEmbeddingModelOptions, 'home' | 'onNotice'>>): Promise<
  Reranker | undefined
> {
  const { rerankModel } = config;
  if (rerankModel === undefined) return undefined;
  const { openLlamaReranker } = await import('../inference/process/llama-reranker.js');
  const modelPath = resolve(rerankModel);
  const workFolder = home === undefined ? undefined : workFolderOf(home);
  return openLlamaReranker({ modelId: modelIdOf(modelPath), modelPath, gpu: gpuOf(config), workFolder, onNotice });
}

/** Folder for copies that live as long as their encoder. */
function workFolderOf(home: string): string {
  return join(home, 'encoders');
}

function gpuOf({ gpu }: Pick<Config, 'gpu'>) {
  return gpu === 'off' ? false : gpu;
}
