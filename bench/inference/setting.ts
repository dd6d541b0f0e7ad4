/** What every group of rows is given. */
export interface BenchSetting {
  /** A GGUF file. */
  readonly modelPath: string;
  /** llama.cpp's own bench, where it has been built. */
  readonly batchedBench?: string;
  readonly quick: boolean;
  readonly onNotice: (line: string) => void;
  readonly signal: AbortSignal;
}
