import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import type * as Pdfjs from 'pdfjs-dist';
import type { PDFDocumentProxy } from 'pdfjs-dist';
import type { Heading } from '../../domain/retrieval.js';
import { DocumentError } from '../document-error.js';
import type { DocumentLimits } from '../document-limits.js';
import { joinLines, type PdfLine } from './pdf-lines.js';
import type { ParsedText } from './parsed-text.js';
import { ReadableText, tidy } from './readable-text.js';

/** Of the outline; a document with more is indexed by a machine for machines. */
const MAX_OUTLINE_ENTRIES = 5000;
const MAX_LEVEL = 9;
/** Of the height of letters: space that no character says. */
const WORD_GAP = 0.5;

/**
 * The text of a PDF, page by page, with the headings of its outline where they are found on their pages. Runs in a process of its own
 * (`parser-process.ts`): a hostile file can take all the time and memory there is.
 *
 * @throws {DocumentError}
 */
export async function parsePdf(
  bytes: Uint8Array,
  name: string,
  { maxPages }: Pick<DocumentLimits, 'maxPages'>,
): Promise<ParsedText> {
  const pdf = await open(bytes, name);
  try {
    const { numPages } = pdf;
    if (numPages > maxPages) {
      throw new DocumentError(
        'Document.TooLarge',
        `${name} has ${numPages} pages, more than ${maxPages}. Split it, or raise the limit.`,
      );
    }
    const readable = new ReadableText();
    for (let number = 1; number <= numPages; number++) {
      readable.page();
      readable.block(await pageText(pdf, number));
    }
    const parsed = readable.finish();
    if (parsed.text === '') {
      throw new DocumentError(
        'Document.Empty',
        `${name} has no text on its ${numPages} pages, perhaps only pictures of it. Recognise the text (OCR) first.`,
      );
    }
    const headings = await outlineHeadings(pdf, parsed.text, parsed.pages ?? [0]);
    return { ...parsed, headings, title: await titleOf(pdf) };
  } catch (error) {
    throw toDocumentError(error, name);
  } finally {
    await pdf.loadingTask.destroy();
  }
}

async function open(bytes: Uint8Array, name: string): Promise<PDFDocumentProxy> {
  const { getDocument, VerbosityLevel } = await loadPdfjs();
  const folder = dirname(createRequire(import.meta.url).resolve('pdfjs-dist/package.json'));
  const resources = (kind: string): string => join(folder, kind) + sep;
  try {
    return await getDocument({
      // The library takes the buffer for itself.
      data: new Uint8Array(bytes),
      // Fonts of Chinese and Japanese documents that embed none name the tables in here.
      cMapUrl: resources('cmaps'),
      cMapPacked: true,
      standardFontDataUrl: resources('standard_fonts'),
      wasmUrl: resources('wasm'),
      isEvalSupported: false,
      useSystemFonts: false,
      disableFontFace: true,
      enableXfa: false,
      stopAtErrors: false,
      verbosity: VerbosityLevel.ERRORS,
    }).promise;
  } catch (error) {
    throw toDocumentError(error, name);
  }
}

async function loadPdfjs(): Promise<Pick<typeof Pdfjs, 'getDocument' | 'VerbosityLevel'>> {
  // Needed to load the library, not to read text: without these it must have its package for drawing, which is optional.
  for (const drawing of ['DOMMatrix', 'ImageData', 'Path2D']) {
    if (!(drawing in globalThis))
      Object.defineProperty(globalThis, drawing, { value: function () {}, configurable: true });
  }
  return import('pdfjs-dist/legacy/build/pdf.mjs');
}

async function pageText(pdf: PDFDocumentProxy, number: number): Promise<string> {
  const page = await pdf.getPage(number);
  try {
    const { items } = await page.getTextContent();
    const lines: PdfLine[] = [];
    let line: PdfLine | undefined;
    for (const item of items) {
      if (!('str' in item)) continue;
      const x = Number(item.transform[4]);
      const y = Number(item.transform[5]);
      if (item.str !== '') {
        line ??= { text: '', left: x, right: x, baseline: y, height: item.height };
        // Words of different boxes may stand on one line.
        if (x - line.right > item.height * WORD_GAP && !/\s$/u.test(line.text)) line.text += ' ';
        line.text += item.str;
        line.right = Math.max(line.right, x + item.width);
        line.height = Math.max(line.height, item.height);
      }
      if (item.hasEOL && line !== undefined) {
        lines.push(line);
        line = undefined;
      }
    }
    if (line !== undefined) lines.push(line);
    return joinLines(lines);
  } finally {
    page.cleanup();
  }
}

interface OutlineEntry {
  readonly title: string;
  readonly dest: string | readonly unknown[] | null;
  readonly items: readonly OutlineEntry[];
}

/** Entries of the outline, as headings where their words stand on the page that they lead to. */
async function outlineHeadings(pdf: PDFDocumentProxy, text: string, pages: readonly number[]): Promise<Heading[]> {
  const entries: { readonly entry: OutlineEntry; readonly level: number }[] = [];
  const collect = (items: readonly OutlineEntry[], level: number): void => {
    for (const entry of items) {
      if (entries.length >= MAX_OUTLINE_ENTRIES) return;
      entries.push({ entry, level });
      if (level < MAX_LEVEL) collect(entry.items, level + 1);
    }
  };
  // An outline that leads nowhere spoils no text.
  const outline: readonly OutlineEntry[] | null = await pdf.getOutline().catch(() => null);
  collect(outline ?? [], 1);
  const headings: Heading[] = [];
  for (const { entry, level } of entries) {
    const page = await pageOf(pdf, entry.dest).catch(() => undefined);
    const start = page === undefined ? undefined : pages[page];
    const title = tidy(entry.title).replace(/\s+/gu, ' ');
    if (page === undefined || start === undefined || title === '') continue;
    const last = headings.at(-1);
    // Two on one page stand there in their order.
    const from = last !== undefined && last.offset >= start ? last.offset + last.text.length : start;
    const at = text.slice(from, pages[page + 1] ?? text.length).indexOf(title);
    if (at !== -1) headings.push({ level, text: title, offset: from + at });
  }
  return headings.toSorted((a, b) => a.offset - b.offset);
}

async function pageOf(pdf: PDFDocumentProxy, destination: OutlineEntry['dest']): Promise<number | undefined> {
  const explicit: readonly unknown[] | null =
    typeof destination === 'string' ? await pdf.getDestination(destination) : destination;
  const reference = explicit?.[0];
  if (typeof reference === 'number') return reference;
  return isReference(reference) ? pdf.getPageIndex(reference) : undefined;
}

function isReference(value: unknown): value is { num: number; gen: number } {
  return typeof value === 'object' && value !== null && 'num' in value && 'gen' in value;
}

async function titleOf(pdf: PDFDocumentProxy): Promise<string> {
  const { info } = await pdf.getMetadata().catch(() => ({ info: {} }));
  const title = 'Title' in info && typeof info.Title === 'string' ? tidy(info.Title).replace(/\s+/gu, ' ') : '';
  // What programs write there for want of a title.
  return /^(?:untitled|无标题|microsoft word - )|\.(?:docx?|pdf|tex|indd|qxd)$/iu.test(title) ? '' : title;
}

function toDocumentError(error: unknown, name: string): DocumentError {
  if (error instanceof DocumentError) return error;
  if (error instanceof Error && error.name === 'PasswordException') {
    const message = `${name} is protected by a password. Save it without one.`;
    return new DocumentError('Document.Encrypted', message, { cause: error });
  }
  const reason = error instanceof Error ? error.message.replace(/\.$/u, '') : String(error);
  return new DocumentError(
    'Document.Corrupt',
    `${name} is damaged (${reason}). Get it again, or print it to a new PDF, or leave it out.`,
    { cause: error },
  );
}
