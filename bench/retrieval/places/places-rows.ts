import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { placeWithin, stretchesOf } from '../../../src/domain/knowledge/places.js';
import type { ParsedDocument, TextChunk } from '../../../src/domain/knowledge/retrieval.js';
import { chunkDocument } from '../../../src/retrieval/chunk/chunk-document.js';
import { estimateTokens } from '../../../src/retrieval/chunk/estimate-tokens.js';
import { parseDocument } from '../../../src/retrieval/parse/parse-document.js';
import { benchRow, type BenchOptions, type BenchRow } from '../../bench-row.js';
import { findPassage } from './find-passage.js';
import { headingsRows } from './headings-rows.js';
import { foldText, type FoldedText } from './folded-text.js';
import { faultOfPlace, type OtherReading } from './judge-place.js';
import { randomSentence } from './random-sentence.js';
import { readPdf, readPptx, readRecords, readTable, readText } from './read-otherwise.js';
import { FORMATS, sampledFiles, shuffled, type Format, type SampledFile } from './sampled-files.js';

const SEED = 17;
const CHUNK_TOKENS = 160;
const FILES_OF_FORMAT = 24;
/** 500 in all, where the files of each format have as many. */
const PASSAGES: Readonly<Record<Format, number>> = {
  Markdown: 80,
  text: 80,
  'program code': 80,
  CSV: 80,
  JSON: 60,
  PDF: 80,
  PPTX: 40,
};
const NAMED_FAULTS = 20;
/** Names of columns before the cells of each row, and what is written before a speaker's notes. */
const ADDED_WORDS: Partial<Record<Format, RegExp>> = {
  CSV: /(?<=^|\n| · )(?:id|title|text): /gu,
  PPTX: /(?<=^|\n)Notes: /gu,
};
const NOTHING = /(?!)/gu;

interface Read {
  readonly file: SampledFile;
  readonly document: ParsedDocument;
  /** Its text, with spaces for words that are not the file's. */
  readonly plain: string;
  readonly parsed: FoldedText;
  readonly reading: OtherReading;
  readonly folded: FoldedText;
}

interface Tally {
  right: number;
  compared: number;
  /** By the other reading; another passage is taken then. */
  unfound: number;
  /** It stands at several places, and any of them counts. */
  several: number;
}

/**
 * Passages at random, and a sentence of each: the place that is told of it beside where a search in another reading of the file finds it.
 * Their offsets and lines where the file is a text, their pages where it has some.
 */
export async function placesRows(home: string, options: BenchOptions): Promise<BenchRow[]> {
  const random = randomNumbers(SEED);
  const folder = join(home, 'bench', 'corpus');
  await mkdir(folder, { recursive: true });
  const perFormat = options.quick ? 6 : FILES_OF_FORMAT;
  const files = await sampledFiles(folder, { random, perFormat, onNotice: options.onNotice });
  const work = await mkdtemp(join(tmpdir(), 'colloquy-places-'));
  const rows: BenchRow[] = [];
  const all = { chunks: newTally(), sentences: newTally() };
  try {
    for (const format of FORMATS) {
      options.onNotice(`${format}: reading files`);
      const pool: { readonly read: Read; readonly chunk: TextChunk }[] = [];
      for (const file of files.filter((one) => one.format === format)) {
        const read = await readBoth(file, join(work, `document${extname(file.name)}`), options);
        if (read === undefined) continue;
        const cutting = { countTokens: estimateTokens, maxTokens: CHUNK_TOKENS, signal: options.signal };
        for await (const chunk of chunkDocument(read.document, cutting)) pool.push({ read, chunk });
      }
      const wanted = Math.ceil(PASSAGES[format] / (options.quick ? 5 : 1));
      const tally = { chunks: newTally(), sentences: newTally() };
      for (const { read, chunk } of shuffled(pool, random)) {
        if (tally.chunks.compared >= wanted) break;
        const own = chunk.repeated ?? 0;
        if (!compare(read, chunk, { from: own, to: chunk.text.length }, tally.chunks, options)) continue;
        const sentence = sentenceOf(chunk, read.file, random);
        if (sentence !== undefined) compare(read, chunk, sentence, tally.sentences, options);
      }
      for (const kind of ['chunks', 'sentences'] as const) {
        rows.push(rowOf(`${format}: ${kind} whose place is told right`, tally[kind]));
        for (const count of ['right', 'compared', 'unfound', 'several'] as const)
          all[kind][count] += tally[kind][count];
      }
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  const ofAll = (['chunks', 'sentences'] as const).map((kind) =>
    rowOf(`all: ${kind} whose place is told right`, all[kind]),
  );
  const { chunks, sentences } = all;
  return [
    ...rows,
    ...ofAll,
    ...(await headingsRows(random, options)),
    countRow('all: not found by the other reading, and others taken', chunks.unfound + sentences.unfound),
    countRow('all: that stand at several places, any of which counts', chunks.several + sentences.several),
  ];
}

function newTally(): Tally {
  return { right: 0, compared: 0, unfound: 0, several: 0 };
}

function rowOf(what: string, { right, compared }: Tally): BenchRow {
  return benchRow(
    { id: 'places', what, value: right, unit: 'of those compared', baseline: compared },
    { of: 'ratio', atLeast: 1 },
  );
}

function countRow(what: string, value: number): BenchRow {
  return { id: '-', what, value, unit: 'passages' };
}

/** @returns whether it was found by the other reading; what a text file lacks is told wrong. */
function compare(
  { file, document, plain, parsed, reading, folded }: Read,
  chunk: TextChunk,
  span: { readonly from: number; readonly to: number },
  tally: Tally,
  { onNotice }: BenchOptions,
): boolean {
  const { folding } = file;
  // What the other reading is not compared by may stand on another page: labels of a picture in a font without letters.
  const { from, to } = reading.pages === undefined ? span : withoutDropped(chunk.text, span);
  const isWhole = from === (chunk.repeated ?? 0) && to === chunk.text.length;
  const told = isWhole ? (chunk.place ?? {}) : placeWithin(stretchesOf(chunk), chunk.text, from, to);
  const offset = chunk.start + from - (chunk.repeated ?? 0);
  const text = chunk.text.slice(from, to);
  if (document.text.slice(offset, offset + text.length) !== text)
    throw new Error(`${file.name}: a chunk is not of its text`);
  const passage = { text: plain.slice(offset, offset + text.length), offset };
  const found = findPassage(folded, parsed, passage, folding);
  if (found === undefined && reading.pages !== undefined) {
    tally.unfound++;
    if (tally.unfound <= NAMED_FAULTS) onNotice(`${file.name}: lacks ${JSON.stringify(text.slice(0, 200))}`);
    return false;
  }
  tally.compared++;
  if (found !== undefined && Math.max(found.first.length, found.last.length) > 1) tally.several++;
  const fault = found === undefined ? 'it does not stand there' : faultOfPlace(told, found, { reading, folded });
  if (fault === undefined) tally.right++;
  else if (tally.compared - tally.right <= NAMED_FAULTS)
    onNotice(`${file.name}, ${isWhole ? 'chunk' : 'sentence'} ${JSON.stringify(text.slice(0, 80))}: ${fault}`);
  return true;
}

/** From its first letter or digit to its last one. */
function withoutDropped(text: string, { from, to }: { readonly from: number; readonly to: number }) {
  const part = text.slice(from, to);
  const first = /[\p{L}\p{N}]/u.exec(part)?.index ?? 0;
  const rest = /[^\p{L}\p{M}\p{N}]*$/u.exec(part)?.[0].length ?? 0;
  return first < part.length - rest ? { from: from + first, to: to - rest } : { from, to };
}

/** A whole line where rows are written anew, since they stand there as a whole. */
function sentenceOf(
  { text, repeated = 0 }: TextChunk,
  { format }: SampledFile,
  random: () => number,
): { readonly from: number; readonly to: number } | undefined {
  const span = randomSentence(
    text.slice(repeated),
    random,
    format === 'CSV' || format === 'JSON' ? 'line' : 'sentence',
  );
  return span && { from: repeated + span.start, to: repeated + span.end };
}

/** Undefined where either cannot read it, which is told. */
async function readBoth(file: SampledFile, path: string, options: BenchOptions): Promise<Read | undefined> {
  options.signal.throwIfAborted();
  const { name, bytes, encoding, format, folding } = file;
  try {
    const document = await parseDocument(bytes, { name, signal: options.signal });
    await writeFile(path, bytes);
    const reading = await readOtherwise(file, path);
    const plain = document.text.replace(ADDED_WORDS[format] ?? NOTHING, (words) => ' '.repeat(words.length));
    const parsed = foldText(plain, folding);
    return { file, document, plain, parsed, reading, folded: foldText(reading.text, folding) };
  } catch (error) {
    if (encoding !== undefined || options.signal.aborted) throw error;
    options.onNotice(`left out ${name}: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`);
    return undefined;
  }
}

function readOtherwise({ bytes, encoding, format }: SampledFile, path: string): OtherReading | Promise<OtherReading> {
  if (encoding !== undefined) {
    if (format === 'CSV') return readTable(bytes, encoding);
    return format === 'JSON' ? readRecords(bytes, encoding) : readText(bytes, encoding);
  }
  return format === 'PDF' ? readPdf(path) : readPptx(path);
}

/** source: mulberry32, so that each run takes the same passages */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
