import { stat } from 'node:fs/promises';
import { ggufFileQuantNames, readGgufFileInfo } from 'node-llama-cpp';
import { checkGgufFile, findGgufDamage } from './gguf-file.js';
import { kvBytesPerToken } from './kv-bytes.js';

/** What the header of a model's file tells, without loading its weights. */
export interface ModelFileFacts {
  /** E.g. `llama`, `bert`. */
  readonly architecture: string;
  /** As its makers named it. */
  readonly name?: string;
  /** E.g. `Q4_K_M`. */
  readonly quantization?: string;
  readonly sizeBytes: number;
  readonly layers?: number;
  /** What it was trained for. */
  readonly contextTokens?: number;
  /** Of its vectors between layers; an embedding model's result has it too. */
  readonly width?: number;
  readonly vocabularyTokens?: number;
  /** Without one it can continue text, but not answer messages. */
  readonly hasChatTemplate: boolean;
  /** Memory that each token of context takes. */
  readonly kvBytesPerToken: number;
}

/** @throws {ModelError} `Model.NotFound` or `Model.Damaged` */
export async function inspectModelFile(modelId: string, path: string): Promise<ModelFileFacts> {
  await checkGgufFile(modelId, path);
  const damage = await findGgufDamage(modelId, path);
  if (damage !== undefined) throw damage;
  const { size: sizeBytes } = await stat(path);
  const info = await readGgufFileInfo(path, { sourceType: 'filesystem', logWarnings: false });
  const { general, tokenizer } = info.metadata;
  const { block_count: layers, context_length: contextTokens, embedding_length: width } = info.architectureMetadata;
  const quantization = [...ggufFileQuantNames].find(([, type]) => type === general.file_type)?.[0];
  return {
    architecture: general.architecture,
    name: general.name,
    quantization,
    sizeBytes,
    layers,
    contextTokens,
    width,
    vocabularyTokens: tokenizer?.ggml?.tokens?.length,
    hasChatTemplate: tokenizer?.chat_template !== undefined,
    kvBytesPerToken: kvBytesPerToken(info),
  };
}
