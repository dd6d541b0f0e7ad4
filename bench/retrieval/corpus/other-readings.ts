import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { countWords } from './count-words.js';

const run = promisify(execFile);
const PACKAGES = ['docx2txt==0.9', 'pypdf==7.1.1', 'cryptography==50.0.2'];
/** Beside this file's source: the bench runs from a checkout. */
const SCRIPT = 'bench/retrieval/corpus/other-readers.py';
const MAX_OUTPUT = 50_000_000;

/** Words that a document has by all programs that can read it; see `otherReadings`. */
export type AskedWords = ReadonlyMap<string, number>;

/**
 * What other programs read in documents: PDF by poppler and pypdf; DOCX by docx2txt, by LibreOffice (as it prints them), and by the plain
 * characters in the file without what was deleted, moved away or tells how a word is pronounced. A word counts as often as all of them have
 * it: each one alone repeats text (headers, boxes, what was moved) or joins words. One that cannot read a document has no say in it.
 *
 * @param work an empty folder
 * @returns in the order of the documents
 */
export async function otherReadings(
  kind: 'pdf' | 'docx',
  documents: readonly Uint8Array[],
  { folder, work, onNotice }: { folder: string; work: string; onNotice: (line: string) => void },
): Promise<AskedWords[]> {
  const python = await pythonIn(folder, onNotice);
  const [input, output] = [join(work, 'in'), join(work, 'out')];
  await mkdir(input);
  await mkdir(output);
  const nameOf = (index: number): string => `${String(index).padStart(5, '0')}.${kind}`;
  for (const [index, bytes] of documents.entries()) await writeFile(join(input, nameOf(index)), bytes);
  await run(python, [SCRIPT, kind, input, output], { maxBuffer: MAX_OUTPUT });
  const readings = documents.map((): Map<string, number>[] => []);
  for (const file of await readdir(output)) {
    if (!file.endsWith('.txt')) continue;
    const text = await readFile(join(output, file), 'utf8');
    readings[Number(file.split('.')[0])]?.push(countWords(text));
  }
  return readings.map(wordsOfAll);
}

/** Each word as often as every reading has it. */
export function wordsOfAll([first, ...others]: readonly AskedWords[]): AskedWords {
  const words = new Map<string, number>();
  for (const [word, count] of first ?? []) {
    const least = others.reduce((so, other) => Math.min(so, other.get(word) ?? 0), count);
    if (least > 0) words.set(word, least);
  }
  return words;
}

/** A virtual environment of its own. */
async function pythonIn(folder: string, onNotice: (line: string) => void): Promise<string> {
  const venv = join(folder, 'other-readers');
  const python = join(venv, 'bin', 'python');
  // Written last, so that an environment that was cut off is made again.
  const done = join(venv, 'installed');
  const isThere = await stat(done).then(
    () => true,
    () => false,
  );
  if (!isThere) {
    onNotice(`installing ${PACKAGES.join(', ')}`);
    await run('python3', ['-m', 'venv', venv]);
    await run(python, ['-m', 'pip', 'install', '-q', ...PACKAGES]);
    await writeFile(done, PACKAGES.join('\n'));
  }
  return python;
}
