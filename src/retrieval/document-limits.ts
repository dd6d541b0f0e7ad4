/** What a document may cost. Hostile ones meet these, honest ones should not. */
export interface DocumentLimits {
  /** Of the file or the page of the web. */
  readonly maxBytes: number;
  readonly maxPages: number;
  /** Of all files in an archive (a DOCX is one), by what the archive says and by what comes out. */
  readonly maxUnpackedBytes: number;
  /** Of one file's size to the bytes that it takes in the archive, from 10 MB on; of pictures, sound and film only where they are unpacked. */
  readonly maxUnpackedRatio: number;
  /** For parsing one document. */
  readonly timeoutMs: number;
  /** Of the process that parses. Watched twice a second, on Linux in whole and elsewhere without what lies beside JavaScript's heap. */
  readonly maxMemoryBytes: number;
}

/** Figures of the largest honest documents met, a few times over: a book of 3,000 pages, a text file of 50 MB. */
export const DEFAULT_DOCUMENT_LIMITS: DocumentLimits = {
  maxBytes: 100_000_000,
  maxPages: 10_000,
  maxUnpackedBytes: 300_000_000,
  maxUnpackedRatio: 200,
  timeoutMs: 120_000,
  maxMemoryBytes: 2_000_000_000,
};
