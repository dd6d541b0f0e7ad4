/** Up to this many chunks are compared one by one: see docs/performance-retrieval.md for these figures. */
export const EXACT_CHUNKS = 10_000;
/** Number of links of a vector in the graph. */
export const M = 16;
/** Number of candidates examined for each vector while the graph is built. */
export const EF_CONSTRUCTION = 64;
/** Number of candidates examined in a search. */
export const EF_SEARCH = 120;
/** Enough for the graph of 100,000 vectors of 384 dimensions. */
export const MAINTENANCE_MEMORY = '512MB';
