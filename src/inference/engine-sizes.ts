/** What is known of a model and of the machine before the KV cache is made. */
export interface SizeFacts {
  /** Memory that the KV cache and its scratch may take: what is free after the weights, on the GPU or in RAM. */
  readonly memoryBytes: number;
  readonly kvBytesPerToken: number;
  readonly trainContextTokens: number;
}

/** What the user asked for; missing ones are chosen. */
export interface SizeWishes {
  readonly contextTokens?: number;
  readonly sequences?: number;
}

export interface EngineSizes {
  /** Tokens of each sequence. */
  readonly contextTokens: number;
  readonly sequences: number;
  /** One sentence for the log: the choice and why. */
  readonly reason: string;
}

const MOST_CONTEXT_TOKENS = 8192;
const LEAST_CONTEXT_TOKENS = 2048;
const MOST_SEQUENCES = 4;
/** The rest is left for scratch buffers, snapshots and the process itself. */
const SHARE_OF_MEMORY = 0.5;

/**
 * Sizes of the KV cache from the memory that there is. Several short sequences come before one long: the context shrinks to
 * `LEAST_CONTEXT_TOKENS` first, then sequences are given up one by one. Wishes are taken as they are, also when they exceed
 * the memory: then opening the model fails with the engine's own account of what was missing.
 */
export function chooseEngineSizes(facts: SizeFacts, wishes: SizeWishes = {}): EngineSizes {
  const budget = Math.floor((facts.memoryBytes * SHARE_OF_MEMORY) / Math.max(1, facts.kvBytesPerToken));
  const longest = wishes.contextTokens ?? Math.min(facts.trainContextTokens, MOST_CONTEXT_TOKENS);
  const shortest = wishes.contextTokens ?? Math.min(longest, LEAST_CONTEXT_TOKENS);
  const sequences = wishes.sequences ?? Math.max(1, Math.min(MOST_SEQUENCES, Math.floor(budget / shortest)));
  const fitting = Math.floor(budget / sequences / 256) * 256;
  const contextTokens = wishes.contextTokens ?? Math.max(256, Math.min(longest, Math.max(shortest, fitting)));
  const cacheBytes = contextTokens * sequences * facts.kvBytesPerToken;
  return {
    contextTokens,
    sequences,
    reason:
      `${sequences} sequence${sequences === 1 ? '' : 's'} of ${contextTokens} tokens: ` +
      `the KV cache takes ${mebibytes(cacheBytes)} of ${mebibytes(facts.memoryBytes)} MiB free`,
  };
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
