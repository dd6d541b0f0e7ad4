/** Resource limits for one document. Hostile documents run into them, honest ones should not. */
export interface DocumentLimits {
  /** Size of the file or web page. */
  readonly maxBytes: number;
  readonly maxPages: number;
  /** Total size of all files in an archive (e.g. a DOCX), both as declared by the archive and as unpacked. */
  readonly maxUnpackedBytes: number;
  /**
   * Maximum ratio of a file's size to its compressed size in the archive, checked from 10 MB on; for pictures, sound and film only if they
   * are unpacked.
   */
  readonly maxUnpackedRatio: number;
  /** Time limit for parsing one document. */
  readonly timeoutMs: number;
  /** Memory of the parser process, checked twice a second: on Linux all of it, elsewhere only JavaScript's heap. */
  readonly maxMemoryBytes: number;
}

/** A few times the size of the largest honest documents seen: a book of 3,000 pages, a text file of 50 MB. */
export const DEFAULT_DOCUMENT_LIMITS: DocumentLimits = {
  maxBytes: 100_000_000,
  maxPages: 10_000,
  maxUnpackedBytes: 300_000_000,
  maxUnpackedRatio: 200,
  timeoutMs: 120_000,
  maxMemoryBytes: 2_000_000_000,
};
