import type { PDFDocumentProxy } from 'pdfjs-dist';

/** Of pages without text that are looked at for pictures, which are unpacked for that. */
const LOOKED_AT = 3;

/** Whether pages without text hold pictures: those of a scan. The first few are looked at. */
export async function arePictures(
  pdf: PDFDocumentProxy,
  pages: readonly number[],
  pictureOperators: ReadonlySet<number>,
): Promise<boolean> {
  for (const number of pages.slice(0, LOOKED_AT)) {
    const page = await pdf.getPage(number);
    try {
      const { fnArray } = await page.getOperatorList();
      if (fnArray.some((operator) => pictureOperators.has(operator))) return true;
    } finally {
      page.cleanup();
    }
  }
  return false;
}
