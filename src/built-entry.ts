import { existsSync } from 'node:fs';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The path of a program that runs in a process of its own. From TypeScript sources, as in tests, it is the built one. */
export function builtEntry(entry: URL): string {
  const path = fileURLToPath(entry);
  const sources = path.lastIndexOf(`${sep}src${sep}`);
  if (existsSync(path) || sources === -1) return path;
  return `${path.slice(0, sources)}${sep}dist${path.slice(sources + `${sep}src`.length)}`;
}
