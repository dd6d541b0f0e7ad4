/** Up to so many chunks are compared one by one: see docs/performance-retrieval.md for these figures. */
export const EXACT_CHUNKS = 10_000;
/** Links of a vector in the graph. */
export const M = 16;
/** Candidates looked at for each vector while the graph is built. */
export const EF_CONSTRUCTION = 64;
/** Candidates looked at in a search. */
export const EF_SEARCH = 120;
/** The graph of 100,000 vectors of 384 dimensions fits. */
export const MAINTENANCE_MEMORY = '512MB';
