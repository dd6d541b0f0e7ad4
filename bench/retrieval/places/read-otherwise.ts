import { execFile } from 'node:child_process';
import { posix } from 'node:path';
import { promisify } from 'node:util';
import type { OtherReading } from './judge-place.js';

const run = promisify(execFile);
const MAX_OUTPUT = 200_000_000;

/** As a text file is decoded by the platform, the byte order mark included. */
export function readText(bytes: Uint8Array, encoding: string): OtherReading {
  return { text: new TextDecoder(encoding, { ignoreBOM: true }).decode(bytes) };
}

/** The same with its rows: a line's end within quotes ends none. */
export function readTable(bytes: Uint8Array, encoding: string): OtherReading {
  const { text } = readText(bytes, encoding);
  const rows: { start: number; end: number }[] = [];
  let start = text.startsWith('\ufeff') ? 1 : 0;
  let isQuoted = false;
  for (const { 0: mark, index } of text.matchAll(/"|\r?\n/gu)) {
    if (mark === '"') isQuoted = !isQuoted;
    else if (!isQuoted) {
      rows.push({ start, end: index });
      start = index + mark.length;
    }
  }
  return { text, rows };
}

/** The same of JSON as the bench writes it: each key with its text is a row, and so is the key of the list. */
export function readRecords(bytes: Uint8Array, encoding: string): OtherReading {
  const { text } = readText(bytes, encoding);
  const pairs = text.matchAll(/"(?:id|title|text)":\s*"(?:[^"\\]|\\.)*"|"records"/gu);
  return { text, rows: [...pairs].map(({ 0: pair, index }) => ({ start: index, end: index + pair.length })) };
}

/** By poppler, each page after the other. */
export async function readPdf(path: string): Promise<OtherReading> {
  const { stdout } = await run('pdftotext', ['-enc', 'UTF-8', path, '-'], { maxBuffer: MAX_OUTPUT });
  return ofPages(stdout.split('\f').slice(0, -1));
}

/** The runs of text of each slide and of its notes, by the order of the presentation. Unpacked by Info-ZIP. */
export async function readPptx(path: string): Promise<OtherReading> {
  const part = async (name: string): Promise<string> =>
    (await run('unzip', ['-p', path, name], { maxBuffer: MAX_OUTPUT })).stdout;
  const relations = async (of: string): Promise<Map<string, string>> => {
    const xml = await part(posix.join(posix.dirname(of), '_rels', `${posix.basename(of)}.rels`)).catch(() => '');
    return new Map(
      [...xml.matchAll(/<Relationship [^>]*>/gu)].map(([tag]) => {
        const target = / Target="([^"]*)"/u.exec(tag)?.[1] ?? '';
        const name = target.startsWith('/') ? target.slice(1) : posix.join(posix.dirname(of), target);
        return [/ Id="([^"]*)"/u.exec(tag)?.[1] ?? '', name];
      }),
    );
  };
  const main = 'ppt/presentation.xml';
  const targets = await relations(main);
  const pages: string[] = [];
  for (const [, id = ''] of (await part(main)).matchAll(/<p:sldId [^>]*r:id="([^"]*)"/gu)) {
    const slide = targets.get(id) ?? '';
    const others = [...(await relations(slide)).values()].filter((name) =>
      /notes(?!Master)|diagrams\/data/iu.test(name),
    );
    const parts = await Promise.all([slide, ...others].map(part));
    pages.push(parts.map(runsOf).join('\n'));
  }
  return ofPages(pages);
}

function runsOf(xml: string): string {
  const runs = [...xml.matchAll(/<a:t(?: [^>]*)?>([^<]*)<\/a:t>/gu)].map(([, text = '']) => text);
  return runs
    .join('')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');
}

function ofPages(texts: readonly string[]): OtherReading {
  const pages: number[] = [];
  let length = 0;
  for (const text of texts) {
    pages.push(length);
    length += text.length + 1;
  }
  return { text: texts.join('\n'), pages };
}
