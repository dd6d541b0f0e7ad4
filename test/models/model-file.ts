import { existsSync } from 'node:fs';

/**
 * The chat model that tests with real weights run on: the file named by COLLOQUY_TEST_MODEL. Undefined, with a printed
 * reason, when there is none; such tests are then skipped.
 */
export function chatModelFile(): string | undefined {
  const path = process.env['COLLOQUY_TEST_MODEL'];
  if (path !== undefined && existsSync(path)) return path;
  const reason =
    path === undefined ? 'COLLOQUY_TEST_MODEL names no GGUF file' : `COLLOQUY_TEST_MODEL: no file at ${path}`;
  process.stderr.write(`skipped: tests with real weights: ${reason}\n`);
  return undefined;
}
