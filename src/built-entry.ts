import { existsSync } from 'node:fs';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Path of a program that runs in its own process. When the caller runs from TypeScript sources, as in
 * tests, it is the path of the built program.
 */
export function builtEntry(entry: URL): string {
  const path = fileURLToPath(entry);
  const sources = path.lastIndexOf(`${sep}src${sep}`);
  if (existsSync(path) || sources === -1) return path;
  return `${path.slice(0, sources)}${sep}dist${path.slice(sources + `${sep}src`.length)}`;
}
