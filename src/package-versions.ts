import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** The version of this program. */
export function ownVersion(): string {
  return readVersion(new URL('../package.json', import.meta.url));
}

/** The version of a package that is installed next to this program. */
export function packageVersion(name: string): string {
  return readVersion(require.resolve(`${name}/package.json`));
}

function readVersion(manifest: string | URL): string {
  const parsed: unknown = JSON.parse(readFileSync(manifest, 'utf8'));
  if (typeof parsed === 'object' && parsed !== null && 'version' in parsed && typeof parsed.version === 'string') {
    return parsed.version;
  }
  throw new Error(`${String(manifest)} has no version.`);
}
