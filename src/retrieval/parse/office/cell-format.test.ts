import { expect, it } from 'vitest';
import { cellFormats } from './cell-format.js';

const STYLES =
  '<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="49"/><xf numFmtId="11"/><xf numFmtId="3"/></cellXfs></styleSheet>';
const [GENERAL, TEXT, SCIENTIFIC, GROUPED, UNKNOWN] = [0, 1, 2, 3, 99];

it.each([
  [GENERAL, '4006381333931', '4006381333931'],
  [GENERAL, '-123456789012', '-123456789012'],
  [GENERAL, '4.006381333931E12', '4006381333931'],
  [TEXT, '491701234567', '491701234567'],
  [UNKNOWN, '9783161484100', '9783161484100'],
  [GENERAL, '0.30000000000000004', '0.3'],
  [GENERAL, '1e+20', '1E+20'],
  [SCIENTIFIC, '4006381333931', '4.01E+12'],
  [GROUPED, '4006381333931', '4,006,381,333,931'],
  [GENERAL, 'n/a', 'n/a'],
])('by style %i the number %s is shown as %s', (style, value, shown) => {
  expect(cellFormats(STYLES, { is1904: false }).show(style, value)).toBe(shown);
});
