import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDocument } from '../../../src/retrieval/parse/parse-document.js';
import { benchRow, type BenchOptions, type BenchRow } from '../../bench-row.js';
import { lossOf, type Loss } from './count-words.js';
import { corpusFiles, type CorpusFile } from './fetch-corpus.js';
import { otherReadings, type AskedWords } from './other-readings.js';

/** Of a document's words; each loss above it is named. */
const NAMED_SHARE = 0.01;

/** Words of real documents that independent readers find and this one does not; which readers, see `otherReadings`. */
export async function corpusRows(
  id: 'corpus-pdf' | 'corpus-docx',
  home: string,
  options: BenchOptions,
): Promise<BenchRow[]> {
  const folder = join(home, 'bench', 'corpus');
  await mkdir(folder, { recursive: true });
  const ending = id === 'corpus-pdf' ? '.pdf' : '.docx';
  const all = await corpusFiles(folder, ending, options.onNotice);
  const files = options.quick ? all.slice(0, 20) : all;
  const work = await mkdtemp(join(tmpdir(), 'colloquy-corpus-'));
  try {
    const losses: (Loss & { readonly half: CorpusFile['half'] })[] = [];
    const bytes = files.map((file) => file.bytes);
    const { onNotice } = options;
    const asked = await otherReadings(id === 'corpus-pdf' ? 'pdf' : 'docx', bytes, { folder, work, onNotice });
    for (const [index, file] of files.entries()) {
      const loss = await lossOfFile(file, asked[index] ?? new Map(), options);
      if (loss !== undefined) losses.push({ ...loss, half: file.half });
    }
    const sum = (half: string, of: (loss: Loss) => number): number =>
      losses.filter((loss) => half === '' || loss.half === half).reduce((total, loss) => total + of(loss), 0);
    const row = (what: string, half: CorpusFile['half'] | '', of: (loss: Loss) => number, atMost?: number): BenchRow =>
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
      { id: '-', what: 'words that all other readers have', value: sum('', (loss) => loss.words), unit: 'words' },
      row('words lost', '', (loss) => loss.lost, 0.1),
      row('words lost, half that was held out', 'held out', (loss) => loss.lost, 0.1),
      row('words lost, half that rules were tuned on', 'tuned', (loss) => loss.lost, 0.1),
      row('the same, held out, without words where only spaces differ', 'held out', (loss) => loss.lost - loss.spaced),
      row('the same, tuned', 'tuned', (loss) => loss.lost - loss.spaced),
    ];
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Undefined where the other readers have no word in common. */
async function lossOfFile(
  { name, bytes, half }: CorpusFile,
  asked: AskedWords,
  options: BenchOptions,
): Promise<Loss | undefined> {
  options.signal.throwIfAborted();
  const parsed = await parseDocument(bytes, { name, signal: options.signal }).catch((error: unknown) => {
    if (asked.size > 0)
      options.onNotice(`${name}: not read: ${error instanceof Error ? error.message : String(error)}`);
    return { text: '' };
  });
  const loss = lossOf(asked, parsed.text);
  if (loss.words === 0) return undefined;
  if (loss.lost > loss.words * NAMED_SHARE) {
    const share = ((100 * loss.lost) / loss.words).toFixed(1);
    options.onNotice(
      `${name} (${half}): ${share} % of ${loss.words} words, ${loss.spaced} by spaces: ${loss.examples.join(' ')}`,
    );
  }
  return loss;
}
