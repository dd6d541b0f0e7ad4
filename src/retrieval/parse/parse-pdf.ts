import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import type * as Pdfjs from 'pdfjs-dist';
import type { PDFDocumentProxy, PDFPageProxy } from 'pdfjs-dist';
import type { Heading } from '../../domain/knowledge/retrieval.js';
import { DocumentError } from '../document-error.js';
import type { DocumentLimits } from '../document-limits.js';
import type { ParsedText } from './parsed-text.js';
import { formValues } from './pdf/form-values.js';
import { joinLines, joinPages, wordsOf } from './pdf/join-lines.js';
import { pageLines } from './pdf/page-lines.js';
import type { PdfLine } from './pdf/pdf-line.js';
import { noteOnScans, pagesWithPictures } from './pdf/scanned-pages.js';
import { hasSpacedLetters, shownText, withoutSpacing } from './pdf/spaced-letters.js';
import { ReadableText, tidy } from './readable-text.js';

/** Maximum number of outline entries to read; longer outlines are generated for programs. */
const MAX_OUTLINE_ENTRIES = 5000;
const MAX_LEVEL = 9;
/** Number of pages that are examined to tell whether a document without text is a scan. */
const FEW = { pages: 3, forMs: 30_000 };

/**
 * The text of a PDF, page by page. Entries of its outline become headings if they are found on their pages. Runs in a separate process
 * (`parser-process.ts`), because a hostile file can use up all time and memory.
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
    const lines: PdfLine[][] = [];
    for (let number = 1; number <= numPages; number++) lines.push(await linesOf(pdf, number));
    const words = wordsOf(lines);
    const texts = lines.map((page) => joinLines(page, words));
    const readable = new ReadableText();
    for (const text of joinPages(texts, words)) {
      readable.page();
      readable.block(text);
    }
    const parsed = readable.finish();
    const blank = texts.flatMap((text, index) => (tidy(text) === '' ? [index + 1] : []));
    if (parsed.text === '') throw await noText(pdf, name, blank);
    const headings = await outlineHeadings(pdf, parsed.text, parsed.pages ?? [0]);
    const note = noteOnScans(await pagesWithPictures(pdf, blank, await pictureOperators()), numPages);
    return { ...parsed, headings, title: await titleOf(pdf), ...(note !== undefined && { notes: [note] }) };
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
      // pdfjs takes ownership of the buffer.
      data: new Uint8Array(bytes),
      // Chinese and Japanese documents without embedded fonts refer to these tables.
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

async function loadPdfjs(): Promise<Pick<typeof Pdfjs, 'getDocument' | 'OPS' | 'VerbosityLevel'>> {
  // Loading pdfjs needs these classes, reading text does not. Without them, its optional drawing package would have to be installed.
  for (const drawing of ['DOMMatrix', 'ImageData', 'Path2D']) {
    if (!(drawing in globalThis))
      Object.defineProperty(globalThis, drawing, { value: function () {}, configurable: true });
  }
  return import('pdfjs-dist/legacy/build/pdf.mjs');
}

async function linesOf(pdf: PDFDocumentProxy, number: number): Promise<PdfLine[]> {
  const page = await pdf.getPage(number);
  try {
    const { items } = await page.getTextContent();
    const texts = hasSpacedLetters(items) ? await respaced(items, page).catch(() => items) : items;
    // A damaged form must not prevent reading the text.
    const annotations: readonly unknown[] = await page.getAnnotations().catch(() => []);
    return pageLines(texts, formValues(annotations));
  } finally {
    page.cleanup();
  }
}

/** If letters are spaced out, only the operators tell where words end. */
async function respaced(items: readonly object[], page: PDFPageProxy): Promise<readonly object[]> {
  const { OPS } = await loadPdfjs();
  const moves = new Set([OPS.beginText, OPS.moveText, OPS.setLeadingMoveText, OPS.setTextMatrix, OPS.nextLine]);
  return withoutSpacing(items, shownText(await page.getOperatorList(), OPS.showText, moves));
}

async function noText(pdf: PDFDocumentProxy, name: string, blank: readonly number[]): Promise<DocumentError> {
  const pages = pdf.numPages === 1 ? 'its page' : `its ${pdf.numPages} pages`;
  const { withPictures } = await pagesWithPictures(pdf, blank, await pictureOperators(), FEW);
  const isScan = withPictures.length > 0;
  const what = isScan
    ? `is a scan: ${pages} hold pictures and no text. Recognise the text first, for example with "ocrmypdf scan.pdf text.pdf" (-l names the language), and add the result`
    : `has no text on ${pages}. Leave it out; if it shows text, recognise it (OCR) first, for example with "ocrmypdf --force-ocr"`;
  return new DocumentError('Document.Empty', `${name} ${what}.`);
}

async function pictureOperators(): Promise<ReadonlySet<number>> {
  const { OPS } = await loadPdfjs();
  return new Set([
    OPS.paintImageXObject,
    OPS.paintInlineImageXObject,
    OPS.paintImageMaskXObject,
    OPS.paintImageXObjectRepeat,
    OPS.paintImageMaskXObjectRepeat,
    OPS.paintImageMaskXObjectGroup,
    OPS.paintInlineImageXObjectGroup,
  ]);
}

interface OutlineEntry {
  readonly title: string;
  readonly dest: string | readonly unknown[] | null;
  readonly items: readonly OutlineEntry[];
}

/** Outline entries as headings, if their words are on the page that they lead to. */
async function outlineHeadings(pdf: PDFDocumentProxy, text: string, pages: readonly number[]): Promise<Heading[]> {
  const entries: { readonly entry: OutlineEntry; readonly level: number }[] = [];
  const collect = (items: readonly OutlineEntry[], level: number): void => {
    for (const entry of items) {
      if (entries.length >= MAX_OUTLINE_ENTRIES) return;
      entries.push({ entry, level });
      if (level < MAX_LEVEL) collect(entry.items, level + 1);
    }
  };
  // A broken outline must not prevent reading the text.
  const outline: readonly OutlineEntry[] | null = await pdf.getOutline().catch(() => null);
  collect(outline ?? [], 1);
  const headings: Heading[] = [];
  for (const { entry, level } of entries) {
    const page = await pageOf(pdf, entry.dest).catch(() => undefined);
    const start = page === undefined ? undefined : pages[page];
    const title = tidy(entry.title).replace(/\s+/gu, ' ');
    if (page === undefined || start === undefined || title === '') continue;
    const last = headings.at(-1);
    // Several entries on one page are there in the order of the outline.
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
  // Placeholders that programs write if there is no title.
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
