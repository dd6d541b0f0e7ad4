/** The value of a filled form field and its place. Lengths are in points, from the left and the bottom. */
export interface FieldValue {
  readonly value: string;
  /** Displayed name; empty if there is none. */
  readonly label: string;
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
  readonly top: number;
}

/** source: ISO 32000-1, table 165 */
const HIDDEN = 2;
const NO_VIEW = 32;
/** source: ISO 32000-1, table 228 */
const PASSWORD = 1 << 13;
const CHECKED = '☒';
const UNCHECKED = '☐';

/** The values of form fields, and the text written onto the page, from the page's annotations as pdfjs returns them. */
export function formValues(annotations: readonly unknown[]): FieldValue[] {
  const values: FieldValue[] = [];
  for (const annotation of annotations) {
    if (!isRecord(annotation)) continue;
    const flags = Number(annotation.annotationFlags ?? 0);
    const rect: readonly unknown[] = Array.isArray(annotation.rect) ? annotation.rect : [];
    const value = valueOf(annotation).trim();
    if ((flags & (HIDDEN | NO_VIEW)) !== 0 || value === '' || rect.length !== 4) continue;
    const [left = 0, bottom = 0, right = 0, top = 0] = rect.map(Number);
    values.push({ value, label: textOf(annotation.alternativeText).trim(), left, right, bottom, top });
  }
  return values;
}

function valueOf(annotation: Readonly<Record<string, unknown>>): string {
  const { subtype, fieldType, fieldValue } = annotation;
  if (subtype === 'FreeText') return isRecord(annotation.contentsObj) ? textOf(annotation.contentsObj.str) : '';
  if (subtype !== 'Widget') return '';
  switch (fieldType) {
    case 'Tx':
      return (Number(annotation.fieldFlags ?? 0) & PASSWORD) === 0 ? textOf(fieldValue) : '';
    case 'Btn':
      if (annotation.checkBox === true) return isTicked(fieldValue, annotation.exportValue) ? CHECKED : UNCHECKED;
      if (annotation.radioButton === true) return isTicked(fieldValue, annotation.buttonValue) ? CHECKED : UNCHECKED;
      return '';
    case 'Ch':
      return (Array.isArray(fieldValue) ? fieldValue : [fieldValue])
        .map((value) => displayed(value, annotation.options))
        .filter((value) => value !== '')
        .join(', ');
    default:
      return '';
  }
}

function isTicked(value: unknown, own: unknown): boolean {
  return (
    typeof value === 'string' && value !== 'Off' && value !== '' && (own === undefined || own === null || own === value)
  );
}

/** The displayed text of a choice, whose stored value may differ. */
function displayed(value: unknown, options: unknown): string {
  const text = textOf(value);
  for (const option of Array.isArray(options) ? (options as readonly unknown[]) : []) {
    if (isRecord(option) && option.exportValue === text) return textOf(option.displayValue) || text;
  }
  return text;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
