import { kvBytesPerToken } from './kv-bytes.js';
import type { GgufMetadataValue } from './gguf-header.js';

/** Facts from a header about the shape of its model. A fact is missing if the header lacks it or has a value that is not a number. */
export interface ArchitectureFacts {
  readonly layers?: number;
  /** Context length that the model was trained with. */
  readonly contextTokens?: number;
  /** Length of its vectors between layers. */
  readonly width?: number;
  readonly vocabularyTokens?: number;
  readonly kvBytesPerToken: number;
}

/** source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, "LLM" */
export function architectureFacts(metadata: ReadonlyMap<string, GgufMetadataValue>): ArchitectureFacts {
  const prefix = architectureOf(metadata);
  const number = (key: string): number | undefined => positive(metadata.get(`${prefix}.${key}`));
  const perLayer = (key: string): number | readonly number[] | undefined => {
    const value = metadata.get(`${prefix}.${key}`);
    return typeof value === 'object' ? value.numbers : positive(value);
  };
  const tokens = metadata.get('tokenizer.ggml.tokens');
  const [layers, width] = [number('block_count'), number('embedding_length')];
  const attention = {
    head_count: perLayer('attention.head_count'),
    head_count_kv: perLayer('attention.head_count_kv'),
    key_length: number('attention.key_length'),
    value_length: number('attention.value_length'),
  };
  return {
    layers,
    contextTokens: number('context_length'),
    width,
    vocabularyTokens: typeof tokens === 'object' ? tokens.length : undefined,
    kvBytesPerToken: kvBytesPerToken({
      architectureMetadata: { block_count: layers, embedding_length: width, attention },
    }),
  };
}

/** E.g. `llama`; empty if the header does not name it. */
export function architectureOf(metadata: ReadonlyMap<string, GgufMetadataValue>): string {
  const architecture = metadata.get('general.architecture');
  return typeof architecture === 'string' ? architecture : '';
}

function positive(value: GgufMetadataValue | undefined): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : undefined;
}
