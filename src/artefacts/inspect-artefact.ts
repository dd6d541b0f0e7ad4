import { type Artefact, filesOf, pathOfFile } from './artefact.js';
import { locateExecutable, versionOfExecutable } from './locate-executable.js';
import { checkFile } from './verified-file.js';

export interface ArtefactState {
  readonly state: 'present' | 'absent' | 'damaged';
  /** Path of the artefact; not set if it is absent. */
  readonly path?: string;
  /** Expected size of the file; not set for a program installed on this machine. */
  readonly sizeBytes?: number;
  /** Version of a program. */
  readonly version?: string;
  /** What is wrong with a damaged file. */
  readonly found?: string;
}

/** Finds out whether an artefact is on this machine. Fetches nothing, and reads the file only if it was never verified or has changed. */
export async function inspectArtefact(
  artefact: Artefact,
  home: string,
  env: NodeJS.ProcessEnv,
): Promise<ArtefactState> {
  for (const source of artefact.sources) {
    if (source.type !== 'executable') continue;
    const { found } = await locateExecutable(source, env);
    if (found) return { state: 'present', ...found };
  }
  for (const file of filesOf(artefact)) {
    const path = pathOfFile(artefact, file, home);
    const { sizeBytes } = file;
    const check = await checkFile(path, file);
    if (check.state === 'absent') continue;
    if (check.state === 'damaged') return { state: 'damaged', path, sizeBytes, found: check.found };
    const version = artefact.executable ? await versionOfExecutable(path) : undefined;
    if (version instanceof Error) return { state: 'damaged', path, sizeBytes, found: version.message };
    return { state: 'present', path, sizeBytes, ...(version !== undefined && { version }) };
  }
  return { state: 'absent' };
}
