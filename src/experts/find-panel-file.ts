import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The panels that come with Colloquy. */
const SHIPPED_PANELS = fileURLToPath(new URL('../../library/panels', import.meta.url));
const FILES = ['panel.yaml', 'panel.yml', 'panel.md'];

/**
 * Finds the file of a panel by its path, by a folder that contains it, or by the name of a panel that comes with Colloquy. If it finds
 * none, it returns the input unchanged.
 */
export function findPanelFile(wanted: string): string {
  if (isFile(wanted)) return wanted;
  const folders = [wanted, ...(/^[a-z0-9-]+$/u.test(wanted) ? [join(SHIPPED_PANELS, wanted)] : [])];
  return folders.flatMap((folder) => FILES.map((name) => join(folder, name))).find(isFile) ?? wanted;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
