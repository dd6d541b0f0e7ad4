import { ensureArtefact } from '../src/artefacts/ensure-artefact.js';
import type { Artefact } from '../src/artefacts/artefact.js';
import { resolveHome } from '../src/artefacts/home.js';
import type { BenchOptions } from './bench-row.js';

/** The path of an artefact in this machine's data folder, fetched when it is not there yet. */
export function fetchArtefact(
  artefact: Artefact,
  { onNotice, signal }: Pick<BenchOptions, 'onNotice' | 'signal'>,
): Promise<string> {
  const home = resolveHome(process.env);
  return ensureArtefact(artefact, { home, signal, onNotice, onProgress: () => undefined, env: process.env });
}
