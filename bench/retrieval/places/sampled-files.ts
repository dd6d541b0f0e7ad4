import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { pdfLines, pdfOf } from '../../../test/support/documents.js';
import { pptxOf, slideShape } from '../../../test/support/office-documents.js';
import { corpusFiles } from '../corpus/fetch-corpus.js';
import { documentsOf, languageOf, readEvaluationSet, type Language, type Passage } from '../evaluation-set.js';
import type { Folding } from './folded-text.js';

export const FORMATS = ['Markdown', 'text', 'program code', 'CSV', 'JSON', 'PDF', 'PPTX'] as const;
export type Format = (typeof FORMATS)[number];

export interface SampledFile {
  readonly format: Format;
  readonly name: string;
  readonly bytes: Buffer;
  readonly folding: Folding;
  /** How a text is decoded without the product. Missing where it is none. */
  readonly encoding?: 'utf-8' | 'utf-16le';
}

const LARGEST_BYTES = 2_000_000;
const LINE_CHARACTERS = 90;
const LINES_OF_PAGE = 40;

/** Files of all formats that have lines or pages: real ones of this repository and of packages, and the evaluation set written in each way. */
export async function sampledFiles(
  folder: string,
  { random, perFormat, onNotice }: { random: () => number; perFormat: number; onNotice: (line: string) => void },
): Promise<SampledFile[]> {
  const { passages } = await readEvaluationSet();
  const documents = documentsOf(passages);
  const ofLanguage = (language: Language): (readonly Passage[])[] => {
    const ofOne = [...documents.values()].filter(([first]) => first !== undefined && languageOf(first) === language);
    return shuffled(ofOne, random).slice(0, perFormat / 2);
  };
  const english = ofLanguage('en');
  const some = [...english, ...ofLanguage('zh')];
  return [
    ...(await ofRepository('Markdown', ['.', 'docs'], '.md', { random, perFormat })),
    ...(await ofRepository('program code', ['src', 'scripts', 'test', 'bench'], '.ts', { random, perFormat })),
    ...some.flatMap((parts, index) => writtenAsText(parts, `set-${index}`)),
    ...some.flatMap((parts, index) => writtenAsTable(parts, `set-${index}`)),
    ...some.flatMap((parts, index) => writtenAsRecords(parts, `set-${index}`)),
    ...english.slice(0, 8).flatMap((parts, index) => writtenAsPages(parts, `set-${index}`)),
    ...(await ofPackages('PDF', folder, '.pdf', { random, perFormat: 2 * perFormat, onNotice })),
    ...(await ofPackages('PPTX', folder, '.pptx', { random, perFormat, onNotice })),
    {
      format: 'PPTX',
      name: 'python.pptx',
      bytes: await readFile(join('test', 'fixtures', 'foreign-documents', 'python.pptx')),
      folding: 'letters',
    },
  ];
}

async function ofRepository(
  format: Format,
  folders: readonly string[],
  ending: string,
  { random, perFormat }: { random: () => number; perFormat: number },
): Promise<SampledFile[]> {
  const paths: string[] = [];
  for (const folder of folders) {
    const names = await readdir(folder, { recursive: folder !== '.' });
    paths.push(...names.filter((name) => extname(name) === ending).map((name) => join(folder, name)));
  }
  const files: SampledFile[] = [];
  for (const [index, name] of shuffled(paths.toSorted(), random).slice(0, perFormat).entries()) {
    const text = await readFile(name, 'utf8');
    // Every third as Windows has it.
    const written = index % 3 === 2 ? `\ufeff${text.replaceAll('\n', '\r\n')}` : text;
    files.push({ format, name, bytes: Buffer.from(written), folding: 'written', encoding: 'utf-8' });
  }
  return files;
}

async function ofPackages(
  format: Format,
  folder: string,
  ending: string,
  { random, perFormat, onNotice }: { random: () => number; perFormat: number; onNotice: (line: string) => void },
): Promise<SampledFile[]> {
  const files = (await corpusFiles(folder, ending, onNotice)).filter(({ bytes }) => bytes.length < LARGEST_BYTES);
  return shuffled(files, random)
    .slice(0, perFormat)
    .map(({ name, bytes }) => ({ format, name, bytes: Buffer.from(bytes), folding: 'letters' as const }));
}

function writtenAsText(parts: readonly Passage[], name: string): SampledFile[] {
  const text = `${parts.map((part) => `${part.title}\n\n${part.text}`).join('\n\n')}\n`;
  const markdown = parts.map((part) => `## ${part.title}\n\n${part.text}\n`).join('\n<!-- unseen -->\n\n');
  const soft = text.replace(/(?<=[a-z]{4})(?=[a-z]{4})/gu, '\u00ad').replace(/(?<=\p{Script=Han}{9})/gu, '\u200b');
  const utf8 = (ending: string, written: string): SampledFile => ({
    format: ending === 'md' ? 'Markdown' : 'text',
    name: `${name}.${ending}`,
    bytes: Buffer.from(written),
    folding: 'written',
    encoding: 'utf-8',
  });
  return [
    utf8('txt', text),
    utf8('txt', `\ufeff${text.replaceAll('\n', '\r\n')}`),
    utf8('txt', text.replaceAll('\n', '\r')),
    utf8('txt', text.normalize('NFD')),
    utf8('txt', soft),
    { ...utf8('txt', ''), bytes: Buffer.from(`\ufeff${text}`, 'utf16le'), encoding: 'utf-16le' },
    // What is no JSON to programs stays as it is.
    { ...utf8('txt', `// comment\n${JSON.stringify(parts, undefined, 2)}\n`), name: `${name}.json` },
    utf8('md', markdown.replace(/\p{Script=Han}{20}/gu, '$&\n')),
    utf8('md', `---\ntitle: ${JSON.stringify(parts[0]?.title)}\ntags: [a, b]\n---\n\n${markdown}`),
    utf8('md', `\ufeff---\r\ntitle: Front\r\n---\r\n${markdown.replaceAll('\n', '\r\n')}`),
  ];
}

function writtenAsTable(parts: readonly Passage[], name: string): SampledFile[] {
  return [
    { ending: 'csv', delimiter: ',', mark: '', end: '\n' },
    { ending: 'csv', delimiter: ';', mark: '\ufeff', end: '\r\n' },
    { ending: 'tsv', delimiter: '\t', mark: '', end: '\n' },
  ].map(({ ending, delimiter, mark, end }) => {
    const quoted = (cell: string): string => `"${cell.replaceAll('"', '""').replaceAll('\n', end)}"`;
    const rows = parts.flatMap(({ id, title, text }) =>
      // A row for each paragraph; a cell of several lines where it has them.
      text.split('\n\n').map((one, index) => [`${id}-${index}`, quoted(title), quoted(one)].join(delimiter)),
    );
    const file = `${mark}${['id', 'title', 'text'].join(delimiter)}${end}${rows.join(end)}${end}`;
    const bytes = Buffer.from(file);
    return { format: 'CSV', name: `${name}.${ending}`, bytes, folding: 'letters', encoding: 'utf-8' };
  });
}

/** As Windows writes it. */
function windows(text: string): string {
  return `\ufeff${text.replaceAll('\n', '\r\n')}`;
}

/** As a list, under a key, and with a record in each line. Without ends of lines within values, whose `\\n` would be a letter. */
function writtenAsRecords(parts: readonly Passage[], name: string): SampledFile[] {
  const records = parts.flatMap(({ id, title, text }) =>
    text.split('\n\n').map((one, index) => ({ id: `${id}-${index}`, title, text: one.replace(/\s+/gu, ' ') })),
  );
  return [
    { ending: 'json', text: JSON.stringify(records) },
    { ending: 'json', text: windows(JSON.stringify({ records }, undefined, 2)) },
    { ending: 'jsonl', text: records.map((record) => `${JSON.stringify(record)}\n`).join('') },
    { ending: 'jsonl', text: windows(records.map((record) => `${JSON.stringify(record)}\n`).join('')) },
  ].map(({ ending, text }) => {
    const bytes = Buffer.from(text);
    return { format: 'JSON', name: `${name}.${ending}`, bytes, folding: 'letters', encoding: 'utf-8' };
  });
}

function writtenAsPages(parts: readonly Passage[], name: string): SampledFile[] {
  // The writer of PDF takes Latin-1 without brackets.
  const words = parts.flatMap(({ text }) => text.replace(/[^ -~\n]|[()\\]/gu, ' ').split(/\s+/u));
  const lines: string[] = [''];
  for (const word of words) {
    const last = lines.at(-1) ?? '';
    if (last.length + word.length < LINE_CHARACTERS) lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
    else lines.push(word);
  }
  const pages = Array.from({ length: Math.ceil(lines.length / LINES_OF_PAGE) }, (_, page) =>
    pdfLines(lines.slice(page * LINES_OF_PAGE, (page + 1) * LINES_OF_PAGE)),
  );
  const slides = parts.map(({ title, text }, index) => ({
    shapes: slideShape(escaped(title), 'title') + slideShape(escaped(text), 'body'),
    ...(index % 2 === 0 && { notes: `Remember ${escaped(title)}` }),
  }));
  // Shown in another order than that of the files in it.
  const order = slides.map((_, index) => slides.length - index);
  return [
    { format: 'PDF', name: `${name}.pdf`, bytes: pdfOf(pages), folding: 'letters' },
    { format: 'PPTX', name: `${name}.pptx`, bytes: pptxOf(slides, order), folding: 'letters' },
  ];
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, key: random() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
