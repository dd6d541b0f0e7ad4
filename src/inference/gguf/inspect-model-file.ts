import { ggufFileQuantNames } from 'node-llama-cpp';
import { architectureFacts, architectureOf, type ArchitectureFacts } from './architecture-facts.js';
import { checkGgufFile } from './gguf-file.js';

/** Facts from the header of a model's file, read without loading its weights. */
export interface ModelFileFacts extends ArchitectureFacts {
  /** E.g. `llama`, `bert`. */
  readonly architecture: string;
  /** Name given by the model's authors. */
  readonly name?: string;
  /** E.g. `Q4_K_M`. */
  readonly quantization?: string;
  /** Size of all files of a split model together. */
  readonly sizeBytes: number;
  /** Number of files that the model is split into; 1 for a single file. */
  readonly parts: number;
  /** A model without a chat template can continue text, but not answer messages. */
  readonly hasChatTemplate: boolean;
}

/** @throws {ModelError} `Model.NotFound` or `Model.Damaged` */
export async function inspectModelFile(modelId: string, path: string): Promise<ModelFileFacts> {
  const { metadata, sizeBytes, paths } = await checkGgufFile(modelId, path);
  const name = metadata.get('general.name');
  const type = metadata.get('general.file_type');
  const quantization = [...ggufFileQuantNames].find(([, one]) => one === type)?.[0];
  return {
    architecture: architectureOf(metadata),
    name: typeof name === 'string' ? name : undefined,
    quantization,
    sizeBytes,
    parts: paths.length,
    hasChatTemplate: metadata.has('tokenizer.chat_template'),
    ...architectureFacts(metadata),
  };
}
