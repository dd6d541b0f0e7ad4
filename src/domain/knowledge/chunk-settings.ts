/** How documents of a knowledge base are cut; kept with it, since resuming needs the same cuts. In tokens of its embedding model. */
export interface ChunkSettings {
  readonly chunkTokens: number;
  /** Of the end of a chunk that the next one of its section begins with. */
  readonly overlapTokens: number;
}

/** A few paragraphs: enough to answer from, and seven of them fit what an answer is told. */
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
