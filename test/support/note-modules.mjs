import { appendFileSync } from 'node:fs';
import { register } from 'node:module';

/**
 * Preloaded into a program (`--import`), it notes the URL of each module that is imported, one a line, in the file that
 * `COLLOQUY_TEST_MODULES` names. Node runs the hook below in a thread of its own.
 */
if (process.env.COLLOQUY_TEST_MODULES_HOOK !== 'set') {
  process.env.COLLOQUY_TEST_MODULES_HOOK = 'set';
  register(import.meta.url);
}

export async function resolve(specifier, context, next) {
  const resolved = await next(specifier, context);
  appendFileSync(process.env.COLLOQUY_TEST_MODULES, `${resolved.url}\n`);
  return resolved;
}
