/** A line as it stands on a page. Lengths in points, from the left and the bottom. */
export interface PdfLine {
  text: string;
  left: number;
  right: number;
  baseline: number;
  height: number;
  /** A field of a form: never a part of a paragraph. */
  isField?: boolean;
}
