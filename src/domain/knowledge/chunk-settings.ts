/**
 * How the documents of a knowledge base are cut, in tokens of its embedding model. Stored with the knowledge base, because resuming an
 * ingestion needs the same cuts.
 */
export interface ChunkSettings {
  readonly chunkTokens: number;
  /** Tokens at the end of a chunk that the next chunk of its section repeats. */
  readonly overlapTokens: number;
}

/** A few paragraphs: enough to answer from, and seven of them fit into a prompt. */
export const DEFAULT_CHUNK_TOKENS = 256;
export const DEFAULT_OVERLAP_TOKENS = 32;

/** Uses the default for values that are missing or have another type, as in knowledge bases that other programs created. */
export function chunkSettingsOf(settings: Readonly<Record<string, unknown>>): ChunkSettings {
  const { chunkTokens, overlapTokens } = settings;
  return {
    chunkTokens: typeof chunkTokens === 'number' ? chunkTokens : DEFAULT_CHUNK_TOKENS,
    overlapTokens: typeof overlapTokens === 'number' ? overlapTokens : DEFAULT_OVERLAP_TOKENS,
  };
}
