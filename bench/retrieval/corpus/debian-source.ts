import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const SOURCES = '/etc/apt/sources.list.d';

/**
 * Fetches the archive of a source package into `folder`, with lists of its own: most machines have those of sources switched off, and are
 * left as they are.
 */
export async function fetchDebianSource(name: string, version: string, folder: string): Promise<void> {
  const apt = join(folder, 'apt');
  for (const part of ['parts', 'lists/partial', 'cache/archives/partial']) {
    await mkdir(join(apt, part), { recursive: true });
  }
  for (const file of await readdir(SOURCES)) {
    const text = await readFile(join(SOURCES, file), 'utf8');
    // Other makers' lists often have no sources.
    if (!/debian\.org/u.test(text)) continue;
    await writeFile(join(apt, 'parts', file), text.replaceAll(/^(Types: )?deb\b(?!-src)/gmu, '$1deb-src'));
  }
  const options = [
    'Dir::Etc::sourcelist=/dev/null',
    `Dir::Etc::sourceparts=${join(apt, 'parts')}`,
    `Dir::State::lists=${join(apt, 'lists')}`,
    `Dir::Cache=${join(apt, 'cache')}`,
  ].flatMap((option) => ['-o', option]);
  await run('apt-get', [...options, 'update', '-q'], { cwd: folder });
  await run('apt-get', [...options, 'source', '-q', '--download-only', '--tar-only', `${name}=${version}`], {
    cwd: folder,
  });
  await rm(apt, { recursive: true, force: true });
}
