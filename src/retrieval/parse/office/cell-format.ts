import { format, isDateFormat } from 'numfmt';
import { readXml } from './read-xml.js';

/** Formats that workbooks refer to by number without defining them. source: ECMA-376-1, 18.8.30 */
const BUILT_IN: Readonly<Record<number, string>> = {
  1: '0',
  2: '0.00',
  3: '#,##0',
  4: '#,##0.00',
  9: '0%',
  10: '0.00%',
  11: '0.00E+00',
  12: '# ?/?',
  13: '# ??/??',
  14: 'yyyy-mm-dd',
  15: 'yyyy-mm-dd',
  16: 'd-mmm',
  17: 'mmm-yy',
  18: 'h:mm AM/PM',
  19: 'h:mm:ss AM/PM',
  20: 'h:mm',
  21: 'h:mm:ss',
  22: 'yyyy-mm-dd h:mm',
  37: '#,##0 ;(#,##0)',
  38: '#,##0 ;(#,##0)',
  39: '#,##0.00;(#,##0.00)',
  40: '#,##0.00;(#,##0.00)',
  45: 'mm:ss',
  46: '[h]:mm:ss',
  47: 'mmss.0',
  48: '##0.0E+0',
  49: '@',
};
/** Formats of East Asian dates, which depend on the user's language. source: ECMA-376-1, 18.8.30 */
const BUILT_IN_DATES = [27, 28, 29, 30, 31, 36, 50, 51, 52, 53, 54, 57, 58];
/** Formats without a pattern. Excel shows whole numbers of 12 digits and more in them, such as EANs, as `4.00638E+12`. */
const AS_IT_IS = /^(?:General|@)?$/iu;
/** Excel does not accept longer formats. */
const LONGEST_FORMAT = 255;
/** Days between the two epochs of workbooks. */
const DAYS_1904 = 1462;

/** Formats the numbers of a workbook for display. */
export interface CellFormats {
  /** @param style number of the cell's style @param value stored value */
  show(style: number, value: string): string;
}

/** @param styles the styles part of a workbook */
export function cellFormats(styles: string, { is1904 }: { readonly is1904: boolean }): CellFormats {
  const own = new Map<number, string>();
  const ofStyle: number[] = [];
  let isCellStyle = false;
  readXml(styles, {
    onOpen(tag, attributes) {
      const id = Number(attributes.get('numFmtId') ?? 0);
      if (tag === 'numFmt') own.set(id, attributes.get('formatCode') ?? '');
      else if (tag === 'cellXfs') isCellStyle = true;
      else if (tag === 'xf' && isCellStyle) ofStyle.push(id);
    },
    onClose: (tag) => void (isCellStyle &&= tag !== 'cellXfs'),
  });
  const patterns = ofStyle.map((id) =>
    patternOf(own.get(id) ?? BUILT_IN[id] ?? (BUILT_IN_DATES.includes(id) ? 'yyyy-mm-dd' : 'General')),
  );
  return {
    show: (style, value) => written(value, patterns[style] ?? 'General', is1904),
  };
}

/** Formats a number with a format code; a value that is not a number stays. */
export function shownAs(code: string, value: string): string {
  return written(value, patternOf(code), false);
}

function written(value: string, pattern: string, is1904: boolean): string {
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number)) return value;
  if (AS_IT_IS.test(pattern) && Number.isSafeInteger(number)) return String(number);
  try {
    const shown = format(pattern, is1904 && isDateFormat(pattern) ? number + DAYS_1904 : number, { nbsp: false });
    // If only signs would be shown, as for a date that is too wide, or only text, the value says more.
    return /[\p{L}\p{N}]/u.test(shown) ? shown.trim() : String(number);
  } catch {
    return value;
  }
}

/** Dates in an unambiguous order; a time in the format stays. */
function patternOf(code: string): string {
  if (code.length > LONGEST_FORMAT) return 'General';
  try {
    if (!isDateFormat(code)) return code;
  } catch {
    return 'General';
  }
  const plain = code.replace(/"[^"]*"|\\.|\[[^\]]*\]/gu, '');
  const hasTime = /[hs]/iu.test(plain);
  if (!/y/iu.test(plain) || !/d/iu.test(plain)) return code;
  return hasTime ? (/s/iu.test(plain) ? 'yyyy-mm-dd hh:mm:ss' : 'yyyy-mm-dd hh:mm') : 'yyyy-mm-dd';
}
