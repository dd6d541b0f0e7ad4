import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseDocument } from '../../../src/retrieval/parse/parse-document.js';
import { benchRow, type BenchOptions, type BenchRow } from '../../bench-row.js';
import { lossOf, type Loss } from './count-words.js';
import type { CorpusFile } from './fetch-corpus.js';
import furniture from './furniture.json' with { type: 'json' };
import { furnitureKept, withoutFurniture, type FurnitureKept } from './furniture.js';
import { htmlPages } from './html-pages.js';

const run = promisify(execFile);
const MAX_OUTPUT = 200_000_000;
/** Of a page's words; each loss above it is named, as is each page that keeps so much of its furniture. */
const NAMED_SHARE = 0.01;
const NAMED_FURNITURE_SHARE = 0.05;
/** Lines as long as they are in the page: no word is divided. No numbers of links, no names of pictures without a text. */
const LYNX = '-dump -nolist -pseudo_inlines -width=1000 -assume_charset=utf-8 -display_charset=utf-8'.split(' ');
const FURNITURE: Readonly<Record<string, readonly string[]>> = furniture;

interface PageResult {
  readonly half: CorpusFile['half'];
  readonly loss: Loss;
  readonly furniture: FurnitureKept;
}

/** Words of real HTML pages that `lynx` shows and this reader does not give, but for furniture; and how much furniture it gives. */
export async function corpusHtmlRows(home: string, options: BenchOptions): Promise<BenchRow[]> {
  const folder = join(home, 'bench', 'corpus');
  await mkdir(folder, { recursive: true });
  const pages = await htmlPages(folder, options.onNotice);
  const work = await mkdtemp(join(tmpdir(), 'colloquy-corpus-'));
  try {
    const results: PageResult[] = [];
    for (const page of options.quick ? pages.slice(0, 20) : pages) {
      const result = await resultOf(page, join(work, 'page.html'), options);
      if (result !== undefined) results.push(result);
    }
    return rowsOf(results);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Undefined for a page without a word, such as one that a script draws. */
async function resultOf(page: CorpusFile, path: string, options: BenchOptions): Promise<PageResult | undefined> {
  const { name, bytes, half } = page;
  options.signal.throwIfAborted();
  const dump = await lynx(bytes, path);
  const lines = FURNITURE[name] ?? [];
  const words = withoutFurniture(dump, lines);
  if (words.size === 0) return undefined;
  const { text } = await parseDocument(bytes, { name, signal: options.signal }).catch((error: unknown) => {
    options.onNotice(`${name}: not read: ${error instanceof Error ? error.message : String(error)}`);
    return { text: '' };
  });
  const loss = lossOf(words, text);
  const kept = furnitureKept(lines, dump, text);
  if (loss.lost > loss.words * NAMED_SHARE) {
    const share = ((100 * loss.lost) / loss.words).toFixed(1);
    options.onNotice(`${name} (${half}): ${share} % of ${loss.words} words lost: ${loss.examples.join(' ')}`);
  }
  if (kept.kept > kept.words * NAMED_FURNITURE_SHARE) {
    const share = ((100 * kept.kept) / kept.words).toFixed(1);
    options.onNotice(`${name} (${half}): ${share} % of ${kept.words} words of furniture: ${kept.examples.join(', ')}`);
  }
  return { half, loss, furniture: kept };
}

function rowsOf(results: readonly PageResult[]): BenchRow[] {
  const id = 'corpus-html';
  const share = (
    half: CorpusFile['half'],
    of: (result: PageResult) => readonly [part: number, whole: number],
  ): number => {
    const counted = results.filter((result) => result.half === half).map(of);
    const whole = counted.reduce((sum, [, words]) => sum + words, 0);
    return (100 * counted.reduce((sum, [part]) => sum + part, 0)) / Math.max(1, whole);
  };
  const lost = ({ loss }: PageResult) => [loss.lost, loss.words] as const;
  const kept = ({ furniture: { kept: words, words: of } }: PageResult) => [words, of] as const;
  const row = (what: string, value: number, atMost: number): BenchRow =>
    benchRow({ id, what, value, unit: '%' }, { of: 'value', atMost });
  const words = results.reduce((sum, { loss }) => sum + loss.words, 0);
  const listed = results.filter(({ furniture: { words: of } }) => of > 0).length;
  return [
    benchRow({ id, what: 'pages compared', value: results.length, unit: 'pages' }, { of: 'value', atLeast: 60 }),
    { id: '-', what: 'words of the other reader without furniture', value: words, unit: 'words' },
    benchRow(
      { id, what: 'pages with a list of furniture', value: listed, unit: 'pages' },
      { of: 'value', atLeast: 20 },
    ),
    row('words lost, half that was held out', share('held out', lost), 0.1),
    row('words lost, half that rules were tuned on', share('tuned', lost), 0.1),
    row('words of furniture kept, half that was held out', share('held out', kept), 5),
    row('words of furniture kept, half that rules were tuned on', share('tuned', kept), 5),
  ];
}

/**
 * All text of a page, but what lynx writes itself: a bar of `link` elements, marks of buttons and captions, lines that are drawn, and names
 * of picture files. It numbers the items of ordered lists, as a reader sees them.
 */
export async function lynx(bytes: Uint8Array, path: string): Promise<string> {
  await writeFile(
    path,
    Buffer.from(bytes)
      .toString('latin1')
      .replace(/<link\b[^>]*>/giu, ''),
    'latin1',
  );
  const { stdout } = await run('lynx', [...LYNX, path], {
    maxBuffer: MAX_OUTPUT,
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  });
  return stdout.replace(/\(BUTTON\)|CAPTION:|_{3,}|\[[^[\]\n]{1,200}\.(?:png|svg|gif|jpe?g)\]/gu, ' ');
}
