/** A line on a page. Lengths are in points, from the left and the bottom. */
export interface PdfLine {
  text: string;
  left: number;
  right: number;
  baseline: number;
  height: number;
  /** Whether it is a form field, which is never part of a paragraph. */
  isField?: boolean;
}
