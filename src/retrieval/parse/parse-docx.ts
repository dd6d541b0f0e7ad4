import { DocumentError } from '../document-error.js';
import { damagedDocument, openArchive, type ArchiveLimits } from './archive.js';
import type { ParsedText } from './parsed-text.js';
import { readMarkup } from './read-markup.js';
import { ReadableText } from './readable-text.js';

const OFFICE_DOCUMENT = '/officeDocument';

/**
 * The text of a Word document: paragraphs, headings by style or outline level, lists, tables row by row, footnotes at the end.
 * Deleted text of tracked changes, field codes and comments are not in it.
 *
 * @throws {DocumentError}
 */
export async function parseDocx(bytes: Uint8Array, name: string, limits: ArchiveLimits): Promise<ParsedText> {
  const archive = await openArchive(bytes, name, limits);
  try {
    const main = mainPart(await archive.read('_rels/.rels'));
    const body = await archive.read(main);
    if (body === undefined) {
      throw new DocumentError('Document.Unsupported', `${name} is an archive and no document. Unpack it first.`);
    }
    if (!/<\/w:body\s*>/u.test(body)) throw damagedDocument(name, 'its text ends in the middle');
    const folder = main.slice(0, main.lastIndexOf('/') + 1);
    const levels = headingStyles((await archive.read(`${folder}styles.xml`)) ?? '');
    const readable = new ReadableText();
    readBody(body, levels, readable);
    for (const notes of ['footnotes.xml', 'endnotes.xml']) {
      const part = await archive.read(`${folder}${notes}`);
      if (part !== undefined) readBody(part, levels, readable);
    }
    const title = coreTitle((await archive.read('docProps/core.xml')) ?? '');
    const parsed = readable.finish();
    return { ...parsed, title: title || (parsed.headings[0]?.text ?? '') };
  } finally {
    archive.close();
  }
}

/** Where the relations of the package say that its text is. */
function mainPart(relations: string | undefined): string {
  let target: string | undefined;
  readMarkup(
    relations ?? '',
    { isXml: true },
    {
      wantsAttributes: (tag) => tag === 'Relationship',
      onOpen(_tag, attributes) {
        if (attributes.get('Type')?.endsWith(OFFICE_DOCUMENT) === true) target ??= attributes.get('Target');
      },
      onClose: () => undefined,
      onText: () => undefined,
    },
  );
  return (target ?? 'word/document.xml').replace(/^\//u, '');
}

/** Levels of headings by the ids of their styles: by outline level, else by the name that Word gives in every language. */
function headingStyles(styles: string): ReadonlyMap<string, number> {
  const levels = new Map<string, number>();
  let style = '';
  readMarkup(
    styles,
    { isXml: true },
    {
      wantsAttributes: (tag) => tag === 'w:style' || tag === 'w:name' || tag === 'w:outlineLvl',
      onOpen(tag, attributes) {
        const value = attributes.get('w:val') ?? '';
        if (tag === 'w:style') style = attributes.get('w:styleId') ?? '';
        else if (tag === 'w:name') {
          const level = /^heading ([1-9])$/iu.exec(value)?.[1];
          if (level !== undefined) levels.set(style, Number(level));
          else if (/^title$/iu.test(value)) levels.set(style, 1);
        } else if (tag === 'w:outlineLvl' && /^[0-8]$/u.test(value)) levels.set(style, Number(value) + 1);
      },
      onClose: () => undefined,
      onText: () => undefined,
    },
  );
  return levels;
}

function readBody(xml: string, levels: ReadonlyMap<string, number>, readable: ReadableText): void {
  let paragraph = '';
  let level: number | undefined;
  let isItem = false;
  let isText = false;
  /** Tables within tables are read as part of the outer one's cell. */
  let tableDepth = 0;
  let cells: string[] = [];
  let cell = '';
  let isFirstRow = false;
  let isAfterItem = false;
  let fallbackDepth = 0;

  const endParagraph = (): void => {
    const text = paragraph.trim();
    paragraph = '';
    if (text === '') return;
    if (tableDepth > 0) cell += cell === '' ? text : ` ${text}`;
    else if (level !== undefined) readable.heading(level, text);
    else if (isItem) readable[isAfterItem ? 'line' : 'block'](`- ${text}`);
    else readable.block(text);
    isAfterItem = isItem && level === undefined;
  };

  readMarkup(
    xml,
    { isXml: true },
    {
      wantsAttributes: (tag) => tag === 'w:pStyle' || tag === 'w:outlineLvl' || tag === 'w:numId',
      onOpen(tag, attributes) {
        if (tag === 'mc:Fallback') fallbackDepth++;
        if (fallbackDepth > 0) return;
        const value = attributes.get('w:val') ?? '';
        switch (tag) {
          case 'w:p':
            // In a text box a paragraph begins within another one.
            endParagraph();
            level = undefined;
            isItem = false;
            return;
          case 'w:pStyle':
            level ??= levels.get(value);
            return;
          case 'w:outlineLvl':
            if (/^[0-8]$/u.test(value)) level = Number(value) + 1;
            return;
          case 'w:numId':
            // 0 takes a style's numbers away.
            isItem = value !== '0';
            return;
          case 'w:t':
            isText = true;
            return;
          case 'w:tab':
          case 'w:ptab':
            paragraph += '\t';
            return;
          case 'w:br':
          case 'w:cr':
            paragraph += '\n';
            return;
          case 'w:noBreakHyphen':
            paragraph += '-';
            return;
          case 'w:tbl':
            if (tableDepth++ === 0) isFirstRow = true;
            return;
          case 'w:tr':
            if (tableDepth === 1) cells = [];
            return;
          case 'w:tc':
            if (tableDepth === 1) cell = '';
            return;
          default:
        }
      },
      onClose(tag) {
        if (tag === 'mc:Fallback') fallbackDepth = Math.max(0, fallbackDepth - 1);
        if (fallbackDepth > 0) return;
        switch (tag) {
          case 'w:t':
            isText = false;
            return;
          case 'w:p':
            endParagraph();
            return;
          case 'w:tc':
            if (tableDepth === 1) cells.push(cell.replace(/\s+/gu, ' '));
            return;
          case 'w:tr':
            if (tableDepth !== 1) return;
            if (cells.some((content) => content !== '')) {
              readable[isFirstRow ? 'block' : 'line'](cells.join(' | '));
              isFirstRow = false;
            }
            return;
          case 'w:tbl':
            tableDepth = Math.max(0, tableDepth - 1);
            return;
          default:
        }
      },
      onText(text) {
        if (isText && fallbackDepth === 0) paragraph += text;
      },
    },
  );
  endParagraph();
}

function coreTitle(core: string): string {
  let title = '';
  let isTitle = false;
  readMarkup(
    core,
    { isXml: true },
    {
      onOpen: (tag) => void (isTitle = tag === 'dc:title'),
      onClose: () => void (isTitle = false),
      onText: (text) => void (title += isTitle ? text : ''),
    },
  );
  return title.replace(/\s+/gu, ' ').trim();
}
