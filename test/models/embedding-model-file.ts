import { existsSync } from 'node:fs';

/** The embedding model that tests with real weights run on: the file named by COLLOQUY_TEST_EMBEDDING_MODEL. Undefined, with a printed reason, when there is none. */
export function embeddingModelFile(): string | undefined {
  const path = process.env['COLLOQUY_TEST_EMBEDDING_MODEL'];
  if (path !== undefined && existsSync(path)) return path;
  process.stderr.write(
    `skipped: tests with an embedding model: COLLOQUY_TEST_EMBEDDING_MODEL names no file (${String(path)})\n`,
  );
  return undefined;
}
