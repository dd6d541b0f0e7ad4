import type { BenchOptions } from '../bench-row.js';

/** What every group of rows is given. */
export interface BenchSetting extends BenchOptions {
  /** A GGUF file. */
  readonly modelPath: string;
  /** llama.cpp's own bench, where it has been built. */
  readonly batchedBench?: string;
}
