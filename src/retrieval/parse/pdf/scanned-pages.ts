import type { PDFDocumentProxy } from 'pdfjs-dist';

/** Limits for examining pages without text for pictures, because the pictures have to be unpacked. */
export const LOOKED_AT = { pages: 20, forMs: 5000 } as const;
/** Maximum number of page ranges in a note; it only counts the other pages. */
const MOST_RANGES = 20;

/** Result of examining the pages without text. */
export interface PagesWithoutText {
  readonly withPictures: readonly number[];
  /** Pages beyond the limits of `most`. */
  readonly notLookedAt: readonly number[];
}

/** Finds the pages without text that contain pictures, which are probably scans. Examines the pages in order, within the limits of `most`. */
export async function pagesWithPictures(
  pdf: PDFDocumentProxy,
  pages: readonly number[],
  pictureOperators: ReadonlySet<number>,
  most: { readonly pages: number; readonly forMs: number } = LOOKED_AT,
): Promise<PagesWithoutText> {
  const withPictures: number[] = [];
  const end = performance.now() + most.forMs;
  for (const [index, number] of pages.entries()) {
    if (index >= most.pages || performance.now() > end) return { withPictures, notLookedAt: pages.slice(index) };
    // A picture that cannot be unpacked counts as a picture.
    if (await hasPicture(pdf, number, pictureOperators).catch(() => true)) withPictures.push(number);
  }
  return { withPictures, notLookedAt: [] };
}

/** A note for the user on pages without text; undefined if these pages are merely empty. */
export function noteOnScans({ withPictures, notLookedAt }: PagesWithoutText, pageCount: number): string | undefined {
  if (withPictures.length === 0) return undefined;
  const pages = [...withPictures, ...notLookedAt].toSorted((a, b) => a - b);
  const which =
    pages.length === 1 ? `page ${pages[0]} of ${pageCount} has` : `pages ${ranges(pages)} of ${pageCount} have`;
  const are = pages.length === 1 ? 'seems to be a scan' : 'seem to be scans';
  return `${which} no text and ${are}; nothing on ${pages.length === 1 ? 'it' : 'them'} can be found. Recognise the text, for example with "ocrmypdf --skip-text scan.pdf text.pdf" (-l names the language), and add the result.`;
}

function ranges(pages: readonly number[]): string {
  const found: { readonly from: number; to: number }[] = [];
  for (const page of pages) {
    const last = found.at(-1);
    if (last !== undefined && page === last.to + 1) last.to = page;
    else found.push({ from: page, to: page });
  }
  const told = found.slice(0, MOST_RANGES).map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`));
  const rest = found.slice(MOST_RANGES).reduce((sum, { from, to }) => sum + to - from + 1, 0);
  return told.join(', ') + (rest === 0 ? '' : ` and ${rest} more`);
}

async function hasPicture(
  pdf: PDFDocumentProxy,
  number: number,
  pictureOperators: ReadonlySet<number>,
): Promise<boolean> {
  const page = await pdf.getPage(number);
  try {
    const { fnArray } = await page.getOperatorList();
    return fnArray.some((operator) => pictureOperators.has(operator));
  } finally {
    page.cleanup();
  }
}
