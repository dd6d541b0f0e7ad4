import { DocumentError } from '../document-error.js';
import { damagedDocument, openArchive, type Archive, type ArchiveLimits } from './archive.js';
import { readNumbering } from './docx/numbering.js';
import { readOfficeXml } from './docx/read-office-xml.js';
import { readStory } from './docx/read-story.js';
import { readStyles } from './docx/styles.js';
import { chartText } from './office/chart-text.js';
import type { ParsedText } from './parsed-text.js';
import { ReadableText } from './readable-text.js';

const MAIN_PART = 'word/document.xml';

/**
 * The text of a Word document with all changes accepted: paragraphs, headings by style or outline level, lists with their numbers,
 * equations on one line, tables row by row. Footnotes and endnotes, text of diagrams and charts, and headers and footers follow, each once.
 * Text that was deleted or moved away, hidden text, field codes and comments are left out.
 *
 * @throws {DocumentError}
 */
export async function parseDocx(bytes: Uint8Array, name: string, limits: ArchiveLimits): Promise<ParsedText> {
  const archive = await openArchive(bytes, name, limits);
  try {
    const parts = partsOf(archive);
    const relations = readRelations(await parts.read('_rels/.rels'));
    const main = relations.get('officeDocument')?.[0] ?? MAIN_PART;
    const body = await parts.read(main);
    if (body === '') {
      throw new DocumentError('Document.Unsupported', `${name} is an archive and no document. Unpack it first.`);
    }
    const slash = main.lastIndexOf('/') + 1;
    const folder = main.slice(0, slash);
    const related = readRelations(await parts.read(`${folder}_rels/${main.slice(slash)}.rels`), folder);
    const partsOfKind = (kind: string): readonly string[] => related.get(kind) ?? [`${folder}${kind}.xml`];
    const readFirst = (kind: string): Promise<string> => parts.read(partsOfKind(kind)[0] ?? '');
    const styles = readStyles(await readFirst('styles'));
    const context = { styles, numbering: readNumbering(await readFirst('numbering'), styles) };
    const readable = new ReadableText();
    if (!readStory(body, context, readable)) throw damagedDocument(name, 'its text ends in the middle');
    for (const kind of ['footnotes', 'endnotes', 'diagramData']) {
      for (const part of partsOfKind(kind)) readStory(await parts.read(part), context, readable);
    }
    for (const part of related.get('chart') ?? []) readable.block(chartText(await parts.read(part)));
    const told = new Set<string>();
    for (const kind of ['header', 'footer']) {
      for (const part of partsOfKind(kind)) {
        const around = new ReadableText();
        readStory(await parts.read(part), context, around);
        const { text } = around.finish();
        // A page number alone says nothing about the document.
        if (/\p{L}/u.test(text) && !told.has(text)) readable.block(text);
        told.add(text);
      }
    }
    const title = await coreTitle(parts, relations.get('core-properties')?.[0] ?? 'docProps/core.xml');
    const parsed = readable.finish();
    return { ...parsed, title: title || (parsed.headings[0]?.text ?? '') };
  } finally {
    archive.close();
  }
}

interface Parts {
  /** Returns an empty string if there is no such part. */
  read(name: string): Promise<string>;
}

/** Part names are case-insensitive; some programs write a slash in front, or backslashes as separators. */
function partsOf(archive: Archive): Parts {
  const names = new Map<string, string>();
  for (const name of archive.names) if (!names.has(key(name))) names.set(key(name), name);
  return {
    async read(name) {
      const known = names.get(key(name));
      return known === undefined ? '' : ((await archive.read(known)) ?? '');
    },
  };
}

function key(name: string): string {
  return name.replaceAll('\\', '/').replace(/^\/+/u, '').toLowerCase();
}

/** Parts by the last word of their relation's type, which strict and transitional documents have in common. */
function readRelations(xml: string, folder = ''): ReadonlyMap<string, readonly string[]> {
  const relations = new Map<string, string[]>();
  readOfficeXml(xml, {
    onOpen(element, attributes) {
      const target = attributes.get('Target');
      if (element !== 'Relationship' || target === undefined || attributes.get('TargetMode') === 'External') return;
      const kind = (attributes.get('Type') ?? '').replace(/^.*\//su, '');
      const targets = relations.get(kind) ?? [];
      targets.push(/^[/\\]/u.test(target) ? target : normalized(folder + target));
      relations.set(kind, targets);
    },
    onClose: () => undefined,
    onText: () => undefined,
  });
  return relations;
}

function normalized(path: string): string {
  const steps: string[] = [];
  for (const step of path.split('/')) {
    if (step === '..') steps.pop();
    else if (step !== '.') steps.push(step);
  }
  return steps.join('/');
}

async function coreTitle(parts: Parts, part: string): Promise<string> {
  let title = '';
  let isTitle = false;
  readOfficeXml(await parts.read(part), {
    onOpen: (element) => void (isTitle = element === 'dc:title'),
    onClose: () => void (isTitle = false),
    onText: (text) => void (title += isTitle ? text : ''),
  });
  return title.replace(/\s+/gu, ' ').trim();
}
