/** The header fields that determine how much memory a token takes. Counts of heads may differ between layers. */
export interface KvMetadata {
  readonly architectureMetadata: {
    readonly block_count?: number;
    readonly embedding_length?: number;
    readonly attention?: {
      readonly head_count?: number | readonly number[];
      readonly head_count_kv?: number | readonly number[];
      readonly key_length?: number;
      readonly value_length?: number;
    };
  };
}

/** Bytes of the KV cache for one token: keys and values of every layer, 16 bits each. Computed from the header of a model's file. */
export function kvBytesPerToken({ architectureMetadata }: KvMetadata): number {
  const { block_count: layers = 0, embedding_length: width = 0, attention } = architectureMetadata;
  const heads = largest(attention?.head_count) || 1;
  const keyHeads = largest(attention?.head_count_kv) || heads;
  const keyLength = attention?.key_length ?? width / heads;
  const valueLength = attention?.value_length ?? width / heads;
  return layers * keyHeads * (keyLength + valueLength) * 2;
}

function largest(count: number | readonly number[] | undefined): number {
  return typeof count === 'number' ? count : Math.max(0, ...(count ?? []));
}
