import { describe, expect, it } from 'vitest';
import { docxOf, docxParagraph } from '../../../../test/support/documents.js';
import { pptxOf, slideShape } from '../../../../test/support/office-documents.js';
import { DEFAULT_DOCUMENT_LIMITS } from '../../document-limits.js';
import { parseDocx } from '../parse-docx.js';
import { parsePptx } from './parse-pptx.js';
import { chartText } from './chart-text.js';

const title = (text: string): string =>
  `<c:title><c:tx><c:rich><a:p><a:r><a:t>${text}</a:t></a:r></a:p></c:rich></c:tx></c:title>`;
const cache = (kind: 'str' | 'num', values: readonly string[], format = ''): string =>
  `<c:${kind}Ref><c:f>Sheet1!$A$1</c:f><c:${kind}Cache>${format === '' ? '' : `<c:formatCode>${format}</c:formatCode>`}<c:ptCount val="9"/>${values
    .map((value, index) => (value === '' ? '' : `<c:pt idx="${index}"><c:v>${value}</c:v></c:pt>`))
    .join('')}</c:${kind}Cache></c:${kind}Ref>`;
const series = (name: string, categories: string, values: string): string =>
  `<c:ser><c:idx val="0"/><c:tx>${cache('str', [name])}</c:tx><c:cat>${categories}</c:cat><c:val>${values}</c:val></c:ser>`;
const chart = (content: string): string =>
  `<c:chartSpace xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"><c:chart>${content}</c:chart></c:chartSpace>`;
const harbours = chart(
  title('Cargo by harbour') +
    `<c:plotArea><c:barChart>${series('2024', cache('str', ['Kiel', 'Bergen']), cache('num', ['4.2999999999999998', '7']))}${series('2025', cache('str', ['Kiel', 'Bergen']), cache('num', ['', '9']))}</c:barChart>` +
    `<c:catAx>${title('Harbour')}</c:catAx><c:valAx>${title('Tonnes')}</c:valAx></c:plotArea>`,
);
const HARBOURS = 'Cargo by harbour\nHarbour\nTonnes\n| 2024 | 2025\nKiel | 4.3 |\nBergen | 7 | 9';

describe('charts', () => {
  it('of slides are read: titles, axes, categories and values', async () => {
    const bytes = pptxOf([{ shapes: slideShape('Trade', 'title'), chart: harbours, notes: 'Say why.' }]);
    const { text } = await parsePptx(bytes, { name: 'x.pptx', limits: DEFAULT_DOCUMENT_LIMITS });
    expect(text).toBe(`Trade\n\n${HARBOURS}\n\nNotes: Say why.`);
  });

  it('of texts are read after them', async () => {
    const relations =
      '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/chart" Target="charts/chart1.xml"/></Relationships>';
    const more = [
      { name: 'word/_rels/document.xml.rels', content: relations },
      { name: 'word/charts/chart1.xml', content: harbours },
    ];
    const { text } = await parseDocx(docxOf(docxParagraph('Below.'), { more }), 'x.docx', DEFAULT_DOCUMENT_LIMITS);
    expect(text).toBe(`Below.\n\n${HARBOURS}`);
  });

  it.each([
    ['percentages', cache('num', ['0.25'], '0%'), 'A | 25%'],
    ['dates', cache('num', ['44197'], 'm/d/yyyy'), 'A | 2021-01-01'],
    ['what is not a number', cache('num', ['#N/A']), 'A | #N/A'],
  ])('show %s as readers see them', (_, values, row) => {
    expect(chartText(chart(series('S', cache('str', ['A']), values)))).toBe(`| S\n${row}`);
  });

  it('name categories of two levels, points of two numbers, and no labels of points as series', () => {
    const levels =
      '<c:multiLvlStrRef><c:multiLvlStrCache><c:lvl><c:pt idx="0"><c:v>Q1</c:v></c:pt><c:pt idx="1"><c:v>Q2</c:v></c:pt></c:lvl><c:lvl><c:pt idx="0"><c:v>2024</c:v></c:pt></c:lvl></c:multiLvlStrCache></c:multiLvlStrRef>';
    expect(chartText(chart(series('S', levels, cache('num', ['1', '2']))))).toBe('| S\n2024, Q1 | 1\nQ2 | 2');
    const points = `<c:ser><c:tx>${cache('str', ['Depth'])}</c:tx><c:dLbls><c:dLbl><c:tx>${cache('str', ['label'])}</c:tx></c:dLbl></c:dLbls><c:xVal>${cache('num', ['1.5'])}</c:xVal><c:yVal>${cache('num', ['8'])}</c:yVal></c:ser>`;
    expect(chartText(chart(points))).toBe('| Depth\n1.5 | 8');
  });

  it('say nothing where they hold nothing, and cost little where they are without end', () => {
    expect(chartText(chart('<c:plotArea/>'))).toBe('');
    const started = performance.now();
    chartText(chart(series('S', '', `<c:pt idx="999999999"><c:v>1</c:v></c:pt>`.repeat(20_000))));
    chartText('<c:ser>'.repeat(50_000));
    expect(performance.now() - started).toBeLessThan(3000);
  });
});
