import { existsSync } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FileFaultsError, type FileFault } from './file-fault.js';
import { parseExpert, type ExpertChecks, type ExpertFile } from './parse-expert.js';
import { readSmallFile, reasonOf } from './read-small-file.js';

/** The experts that come with Colloquy. */
export const SHIPPED_EXPERTS = fileURLToPath(new URL('../../library/experts', import.meta.url));

/** Limit for a whole file. The persona may use half of it, and should be far shorter. */
const MAX_FILE_BYTES = 65_536;
/** A larger number is a mistake, such as a folder with other content. */
const MAX_FILES = 1_000;

export interface LoadExpertsOptions extends ExpertChecks {
  /** If two folders have an expert of the same name, the earlier folder wins. */
  readonly folders: readonly string[];
  /** Names of the wanted experts. Default: all. */
  readonly names?: readonly string[];
}

/**
 * Loads the experts of all folders, sorted by name, or only the wanted ones in the order of `names`. It checks all files, so that a fault
 * does not stay hidden until somebody needs that expert.
 *
 * @throws {FileFaultsError} with every fault of every file
 */
export async function loadExperts({ folders, names, ...checks }: LoadExpertsOptions): Promise<ExpertFile[]> {
  const faults: FileFault[] = [];
  const known = new Map<string, ExpertFile>();
  for (const folder of await distinct(folders)) {
    const read = await readFolder(folder, checks);
    faults.push(...read.faults);
    for (const [name, expert] of read.experts) if (!known.has(name)) known.set(name, expert);
  }
  const missing = (names ?? []).filter((name) => !known.has(name));
  // The missing expert may be in a file with a fault; then that fault is the more useful message.
  if (missing.length > 0 && faults.length === 0) {
    const list = [...known.keys()].toSorted().join(', ') || 'none';
    for (const name of new Set(missing)) {
      faults.push({ file: folders[0] ?? 'experts', message: `There is no expert "${name}". Known: ${list}.` });
    }
  }
  if (faults.length > 0) throw new FileFaultsError(faults);
  const wanted = names === undefined ? [...known.keys()].toSorted() : [...new Set(names)];
  return wanted.map((name) => known.get(name)).filter((expert) => expert !== undefined);
}

/** The folders to search for experts: the operator's own folder, if there is one, before the experts that come with Colloquy. */
export function expertFolders(own: string | undefined): string[] {
  const chosen = own ?? (existsSync('experts') ? 'experts' : undefined);
  return [...(chosen === undefined ? [] : [chosen]), SHIPPED_EXPERTS];
}

async function readFolder(
  folder: string,
  checks: ExpertChecks,
): Promise<{ readonly experts: ReadonlyMap<string, ExpertFile>; readonly faults: readonly FileFault[] }> {
  const experts = new Map<string, ExpertFile>();
  const faults: FileFault[] = [];
  let files: string[];
  try {
    files = (await readdir(folder)).filter((name) => /\.md$/iu.test(name) && !/^(?:readme\.md$|\.)/iu.test(name));
  } catch (error) {
    const message = isCode(error, 'ENOTDIR')
      ? 'This is not a folder. Name a folder with files NAME.md.'
      : reasonOf(error);
    return { experts, faults: [{ file: folder, message }] };
  }
  if (files.length > MAX_FILES) {
    return {
      experts,
      faults: [{ file: folder, message: `It has ${files.length} files, at most ${MAX_FILES} experts are read.` }],
    };
  }
  for (const name of files.toSorted()) {
    const file = join(folder, name);
    const read = await readSmallFile(file, MAX_FILE_BYTES);
    const parsed = 'fault' in read ? { faults: [{ file, message: read.fault }] } : parseExpert(file, read.text, checks);
    if ('faults' in parsed) {
      faults.push(...parsed.faults);
      continue;
    }
    const first = experts.get(parsed.profile.name);
    if (first === undefined) experts.set(parsed.profile.name, parsed);
    else {
      const message = `There is another expert "${parsed.profile.name}", in ${first.file}:${first.line}. Give each a name of its own.`;
      faults.push({ file, line: parsed.line, message });
    }
  }
  return { experts, faults };
}

/** Removes folders that are named twice, directly or through a link. */
async function distinct(folders: readonly string[]): Promise<string[]> {
  const seen = new Map<string, string>();
  for (const folder of folders) {
    const real = await realpath(folder).catch(() => folder);
    if (!seen.has(real)) seen.set(real, folder);
  }
  return [...seen.values()];
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
