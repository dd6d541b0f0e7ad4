import type { Heading, Table } from '../../../domain/knowledge/retrieval.js';
import { DocumentError } from '../../document-error.js';
import { damagedDocument, openArchive, type Archive } from '../archive.js';
import { readXml } from '../office/read-xml.js';
import { resolvePart } from '../office/relations.js';
import { parseHtml } from '../parse-html.js';
import type { ParsedText } from '../parsed-text.js';
import type { ParserContext } from '../parser-context.js';

/** Algorithms that only obfuscate fonts. source: EPUB 3.3, 4.2.6.3.1, and Adobe's older one */
const FONTS_ALONE = /^(?:http:\/\/www\.idpf\.org\/2008\/embedding|http:\/\/ns\.adobe\.com\/pdf\/enc#RC)$/u;

/**
 * The chapters of a book in its reading order, each parsed as an HTML page. A chapter without a heading gets its title from the table of
 * contents.
 *
 * @throws {DocumentError}
 */
export async function parseEpub(bytes: Uint8Array, { name, limits }: ParserContext): Promise<ParsedText> {
  const archive = await openArchive(bytes, name, limits);
  try {
    if (await isLocked(archive)) {
      throw new DocumentError('Document.Encrypted', `${name} is protected (DRM). Add a copy that is not.`);
    }
    const main = await mainPart(archive);
    const xml = await archive.read(main);
    if (xml === undefined) throw damagedDocument(name, 'it does not say in which order it is read');
    const folder = main.slice(0, main.lastIndexOf('/') + 1);
    const { title, chapters, contents } = readPackage(xml, folder);
    const titles = await chapterTitles(archive, contents);
    const pieces: string[] = [];
    const headings: Heading[] = [];
    const tables: Table[] = [];
    let length = 0;
    for (const chapter of chapters) {
      const page = await archive.read(chapter);
      if (page === undefined) throw damagedDocument(name, `its chapter ${chapter} is missing`);
      const parsed = parseHtml(page);
      if (parsed.text === '') continue;
      const start = length === 0 ? 0 : length + 2;
      const chapterTitle = titles.get(chapter);
      if (parsed.headings.length === 0 && chapterTitle !== undefined) {
        headings.push({ level: 1, text: chapterTitle, offset: start });
      }
      for (const heading of parsed.headings) headings.push({ ...heading, offset: heading.offset + start });
      for (const table of parsed.tables ?? []) {
        tables.push({ start: table.start + start, headerEnd: table.headerEnd + start, end: table.end + start });
      }
      pieces.push(parsed.text);
      length = start + parsed.text.length;
    }
    return { text: pieces.join('\n\n'), headings, title, ...(tables.length > 0 && { tables }) };
  } finally {
    archive.close();
  }
}

async function isLocked(archive: Archive): Promise<boolean> {
  let isContentLocked = false;
  readXml((await archive.read('META-INF/encryption.xml')) ?? '', {
    onOpen(tag, attributes) {
      if (tag === 'EncryptionMethod') isContentLocked ||= !FONTS_ALONE.test(attributes.get('Algorithm') ?? '');
    },
  });
  return isContentLocked;
}

/** source: EPUB 3.3, 4.2.6.3.1, container.xml */
async function mainPart(archive: Archive): Promise<string> {
  let path: string | undefined;
  readXml((await archive.read('META-INF/container.xml')) ?? '', {
    onOpen: (tag, attributes) => void (tag === 'rootfile' && (path ??= attributes.get('full-path'))),
  });
  return resolvePart('', path ?? 'content.opf');
}

interface BookPackage {
  readonly title: string;
  /** Names in the archive, in reading order. */
  readonly chapters: readonly string[];
  /** Tables of contents, of EPUB 2 and 3. */
  readonly contents: readonly string[];
}

function readPackage(xml: string, folder: string): BookPackage {
  const parts = new Map<string, string>();
  const order: string[] = [];
  const contents: string[] = [];
  let title = '';
  let isTitle = false;
  readXml(xml, {
    onOpen(tag, attributes) {
      isTitle = tag === 'title' && title === '';
      if (tag === 'item') {
        const part = partOf(folder, attributes.get('href') ?? '');
        const type = attributes.get('media-type') ?? '';
        if (/\bnav\b/u.test(attributes.get('properties') ?? '') || type === 'application/x-dtbncx+xml')
          contents.push(part);
        if (/html|^text\/x-oeb1-document$/u.test(type)) parts.set(attributes.get('id') ?? '', part);
      } else if (tag === 'itemref') order.push(attributes.get('idref') ?? '');
    },
    onClose: () => void (isTitle = false),
    onText: (text) => void (title += isTitle ? text : ''),
  });
  // The table of contents only repeats titles of the chapters.
  const chapters = order.flatMap((id) => parts.get(id) ?? []).filter((part) => !contents.includes(part));
  return { title: title.replace(/\s+/gu, ' ').trim(), chapters: [...new Set(chapters)], contents };
}

/** Titles of the files of a book: the first entry for each in the tables of contents. */
async function chapterTitles(archive: Archive, contents: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const titles = new Map<string, string>();
  for (const part of contents) {
    const folder = part.slice(0, part.lastIndexOf('/') + 1);
    let label = '';
    let target = '';
    const keep = (): void => {
      const title = label.replace(/\s+/gu, ' ').trim();
      if (target !== '' && title !== '' && !titles.has(target)) titles.set(target, title);
      label = '';
      target = '';
    };
    readXml((await archive.read(part)) ?? '', {
      onOpen(tag, attributes) {
        if (tag === 'navLabel' || tag === 'a') label = '';
        if (tag === 'a') target = partOf(folder, attributes.get('href') ?? '');
        if (tag === 'content') {
          target = partOf(folder, attributes.get('src') ?? '');
          keep();
        }
      },
      onClose: (tag) => void (tag === 'a' && keep()),
      onText: (text) => void (label += text),
    });
  }
  return titles;
}

function partOf(folder: string, reference: string): string {
  const path = reference.replace(/[#?].*$/su, '');
  try {
    return resolvePart(folder, decodeURIComponent(path));
  } catch {
    return resolvePart(folder, path);
  }
}
