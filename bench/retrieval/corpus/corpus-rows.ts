import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseDocument } from '../../../src/retrieval/parse/parse-document.js';
import { benchRow, type BenchOptions, type BenchRow } from '../../bench-row.js';
import { lossOf, type Loss } from './count-words.js';
import { corpusFiles, type CorpusFile } from './fetch-corpus.js';

const run = promisify(execFile);
const MAX_OUTPUT = 200_000_000;
/** Of a document's words; each loss above it is named. */
const NAMED_SHARE = 0.01;
const DOCX2TXT = 'docx2txt==0.9';
const READ_DOCX = 'import sys, docx2txt; sys.stdout.buffer.write(docx2txt.process(sys.argv[1]).encode())';

type OtherReader = (path: string) => Promise<string>;

/** Words of real documents that an independent reader finds and this one does not: `corpus-pdf` by poppler, `corpus-docx` by docx2txt. */
export async function corpusRows(
  id: 'corpus-pdf' | 'corpus-docx',
  home: string,
  options: BenchOptions,
): Promise<BenchRow[]> {
  const folder = join(home, 'bench', 'corpus');
  await mkdir(folder, { recursive: true });
  const ending = id === 'corpus-pdf' ? '.pdf' : '.docx';
  const other = id === 'corpus-pdf' ? pdftotext : await docx2txt(folder, options.onNotice);
  const files = await corpusFiles(folder, ending, options.onNotice);
  const work = await mkdtemp(join(tmpdir(), 'colloquy-corpus-'));
  try {
    const losses: (Loss & { readonly half: CorpusFile['half'] })[] = [];
    for (const file of options.quick ? files.slice(0, 20) : files) {
      const loss = await lossOfFile(file, { other, path: join(work, `document${ending}`), options });
      if (loss !== undefined) losses.push({ ...loss, half: file.half });
    }
    const sum = (half: string, of: (loss: Loss) => number): number =>
      losses.filter((loss) => half === '' || loss.half === half).reduce((total, loss) => total + of(loss), 0);
    const row = (what: string, half: CorpusFile['half'], of: (loss: Loss) => number, atMost?: number): BenchRow =>
      benchRow(
        {
          id: atMost === undefined ? '-' : id,
          what,
          value:
            (100 * sum(half, of)) /
            Math.max(
              1,
              sum(half, (loss) => loss.words),
            ),
          unit: '%',
        },
        atMost === undefined ? undefined : { of: 'value', atMost },
      );
    return [
      benchRow({ id, what: 'documents compared', value: losses.length, unit: 'files' }, { of: 'value', atLeast: 60 }),
      { id: '-', what: 'words of the other reader', value: sum('', (loss) => loss.words), unit: 'words' },
      row('words lost, half that was held out', 'held out', (loss) => loss.lost, 0.1),
      row('words lost, half that rules were tuned on', 'tuned', (loss) => loss.lost, 0.1),
      row('the same, held out, without words where only spaces differ', 'held out', (loss) => loss.lost - loss.spaced),
      row('the same, tuned', 'tuned', (loss) => loss.lost - loss.spaced),
    ];
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Undefined where the other reader finds no word, or cannot read it. */
async function lossOfFile(
  { name, bytes, half }: CorpusFile,
  { other, path, options }: { readonly other: OtherReader; readonly path: string; readonly options: BenchOptions },
): Promise<Loss | undefined> {
  options.signal.throwIfAborted();
  await writeFile(path, bytes);
  const theirs = await other(path).catch(() => '');
  const parsed = await parseDocument(bytes, { name, signal: options.signal }).catch((error: unknown) => {
    if (theirs.trim() !== '')
      options.onNotice(`${name}: not read: ${error instanceof Error ? error.message : String(error)}`);
    return { text: '' };
  });
  const loss = lossOf(theirs, parsed.text);
  if (loss.words === 0) return undefined;
  if (loss.lost > loss.words * NAMED_SHARE) {
    const share = ((100 * loss.lost) / loss.words).toFixed(1);
    options.onNotice(
      `${name} (${half}): ${share} % of ${loss.words} words, ${loss.spaced} by spaces: ${loss.examples.join(' ')}`,
    );
  }
  return loss;
}

/** poppler's, in reading order. */
async function pdftotext(path: string): Promise<string> {
  const { stdout } = await run('pdftotext', ['-nopgbrk', '-enc', 'UTF-8', path, '-'], { maxBuffer: MAX_OUTPUT });
  return stdout;
}

/** In a virtual environment of its own. */
async function docx2txt(folder: string, onNotice: (line: string) => void): Promise<OtherReader> {
  const venv = join(folder, 'docx2txt');
  const python = join(venv, 'bin', 'python');
  if (
    !(await stat(python).then(
      () => true,
      () => false,
    ))
  ) {
    onNotice(`installing ${DOCX2TXT}`);
    await run('python3', ['-m', 'venv', venv]);
    await run(python, ['-m', 'pip', 'install', '-q', DOCX2TXT]);
  }
  return async (path) => (await run(python, ['-c', READ_DOCX, path], { maxBuffer: MAX_OUTPUT })).stdout;
}
