import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { z } from 'zod';

const manifestSchema = z.object({ version: z.string() });
const require = createRequire(import.meta.url);

/** The version of this program. */
export function ownVersion(): string {
  return readVersion(new URL('../package.json', import.meta.url));
}

/** The version of a package that is installed beside it. */
export function packageVersion(name: string): string {
  return readVersion(require.resolve(`${name}/package.json`));
}

function readVersion(manifest: string | URL): string {
  return manifestSchema.parse(JSON.parse(readFileSync(manifest, 'utf8'))).version;
}
