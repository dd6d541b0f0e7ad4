import { describe, expect, it } from 'vitest';
import { sheetRow, xlsxOf } from '../../../../test/support/office-documents.js';
import { DEFAULT_DOCUMENT_LIMITS } from '../../document-limits.js';
import { parseXlsx } from './parse-xlsx.js';

const parse = (bytes: Uint8Array, limits = {}) =>
  parseXlsx(bytes, { name: 'x.xlsx', limits: { ...DEFAULT_DOCUMENT_LIMITS, ...limits } });
const linesOf = async (...sheets: Parameters<typeof xlsxOf>) => (await parse(xlsxOf(...sheets))).text.split('\n\n');
const ships = [sheetRow(1, ['Ship', 'Crew']), sheetRow(2, ['Ada', 36]), sheetRow(3, ['Bob', 7])].join('');

describe('parseXlsx', () => {
  it('tells each row with the names of its columns, under the name of its sheet', async () => {
    const { text, headings } = await parse(
      xlsxOf([
        { name: 'Fleet', rows: ships },
        { name: 'Empty', rows: '' },
        { name: '港口', rows: sheetRow(1, ['名称', '吃水']) + sheetRow(2, ['上海', 12.5]) },
      ]),
    );
    expect(text.split('\n\n')).toEqual([
      'Fleet',
      'Ship · Crew',
      'Ship: Ada · Crew: 36',
      'Ship: Bob · Crew: 7',
      '港口',
      '名称 · 吃水',
      '名称: 上海 · 吃水: 12.5',
    ]);
    expect(headings.map((heading) => [heading.level, heading.text])).toEqual([
      [1, 'Fleet'],
      [1, '港口'],
    ]);
  });

  it('reads shared strings in runs, without readings above them; booleans, errors, results of formulas, ISO dates', async () => {
    const strings =
      '<si><t>Plain</t></si><si><r><t>In </t></r><r><t xml:space="preserve">runs</t></r></si><si><t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh></si>';
    const rows =
      '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c></row>' +
      '<row r="2"><c r="A2" t="b"><v>1</v></c><c r="B2" t="e"><v>#N/A</v></c><c r="C2" t="str"><f>A1&amp;"x"</f><v>sum &lt; all</v></c></row>' +
      '<row r="3"><c r="A3" t="b"><v>0</v></c><c r="B3"><f>1+1</f><v>2</v></c><c r="C3" t="d"><v>2024-02-29T00:00:00</v></c></row>';
    expect(await linesOf([{ name: 'S', rows }], { strings })).toEqual([
      'S',
      'Plain · In runs · 東京',
      'Plain: TRUE · In runs: #N/A · 東京: sum < all',
      'Plain: FALSE · In runs: 2 · 東京: 2024-02-29',
    ]);
  });

  it.each([
    [14, '', '45351', '2024-02-29'],
    [22, '', '45351.75', '2024-02-29 18:00'],
    [164, 'dd/mm/yy;@', '45351', '2024-02-29'],
    [165, '[$-409]h:mm AM/PM', '0.75', '6:00 PM'],
    [9, '', '0.125', '13%'],
    [166, '#,##0.00 "EUR"', '1234.5', '1,234.50 EUR'],
    [167, '[Red]-0.0', '2', '-2.0'],
    [168, '00000', '123', '00123'],
    [169, ';;;', '7', '7'],
    [170, 'x'.repeat(300), '7', '7'],
    [0, '', '0.30000000000000004', '0.3'],
    [0, '', '12345678901', '12345678901'],
  ])('shows format %i %s of %s as %s', async (id, code, value, shown) => {
    const styles = `<numFmts><numFmt numFmtId="${id}" formatCode="${code.replaceAll('"', '&quot;')}"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="${id}"/></cellXfs>`;
    const rows = `<row r="1"><c r="A1" s="1"><v>${value}</v></c></row>`;
    const used = id >= 164 ? styles : styles.replace(/<numFmts>.*<\/numFmts>/u, '');
    expect(await linesOf([{ name: 'S', rows }], { styles: used })).toEqual(['S', shown]);
  });

  it('counts days as the workbook does', async () => {
    const styles = '<cellXfs><xf numFmtId="14"/></cellXfs>';
    const sheet = { name: 'S', rows: '<row r="1"><c r="A1" s="0"><v>0</v></c></row>' };
    expect(await linesOf([sheet], { styles, properties: '<workbookPr date1904="1"/>' })).toEqual(['S', '1904-01-01']);
  });

  it('leaves hidden sheets out, and says so', async () => {
    const hidden = ['hidden', 'veryHidden'].map((state) => ({ name: `Is ${state}`, rows: ships, state }));
    const { text, notes } = await parse(xlsxOf([...hidden, { name: 'Shown', rows: sheetRow(1, ['x']) }]));
    expect(text).toBe('Shown\n\nx');
    expect(notes).toEqual([
      'hidden sheets left out: Is hidden, Is veryHidden. To search them too, unhide them and add the file again.',
    ]);
    expect((await parse(xlsxOf([{ name: 'Shown', rows: ships }]))).notes).toBeUndefined();
  });

  it('tells a merged value in each row that it covers, whatever it claims to cover', async () => {
    const rows = [sheetRow(1, ['Port', 'Ship']), sheetRow(2, ['Kiel', 'Ada']), sheetRow(3, [null, 'Bob'])].join('');
    const after =
      '<mergeCells><mergeCell ref="A2:A3"/><mergeCell ref="C1:XFD1048576"/><mergeCell ref="no"/></mergeCells>';
    expect(await linesOf([{ name: 'S', rows, after }])).toEqual([
      'S',
      'Port · Ship',
      'Port: Kiel · Ship: Ada',
      'Port: Kiel · Ship: Bob',
    ]);
  });

  it('finds the names below a title, and those of a second table', async () => {
    const rows = [
      sheetRow(1, ['Fleet of 2024']),
      sheetRow(2, ['Ship', 'Crew']),
      sheetRow(3, ['Ada', 36]),
      sheetRow(6, ['Port', 'Depth']),
      sheetRow(7, ['Kiel', 9]),
      sheetRow(9, ['Lübeck', 8]),
    ].join('');
    expect(await linesOf([{ name: 'S', rows }])).toEqual([
      'S',
      'Fleet of 2024',
      'Ship · Crew',
      'Ship: Ada · Crew: 36',
      'Port · Depth',
      'Port: Kiel · Depth: 9',
      'Port: Lübeck · Depth: 8',
    ]);
  });

  it('takes any prefix, and cells that do not say where they are', async () => {
    const rows =
      '<worksheet xmlns:x="urn:x"><x:sheetData><x:row><x:c t="inlineStr"><x:is><x:t>A</x:t></x:is></x:c><x:c><x:v>5</x:v></x:c></x:row></x:sheetData></worksheet>';
    expect(await linesOf([{ name: 'S', rows }])).toEqual(['S', 'A · 5']);
  });

  it.each([
    ['a sheet that is cut', xlsxOf([{ name: 'S', rows: '<worksheet><sheetData><row r="1"><c' }]), 'Document.Corrupt'],
    ['a bomb', xlsxOf([{ name: 'S', rows: ' '.repeat(50_000_000) }]), 'Document.TooLarge'],
  ])('refuses %s', async (_, bytes, type) => {
    await expect(parse(bytes)).rejects.toMatchObject({ type });
  });

  it('refuses names of columns that would be repeated without end', async () => {
    const rows = sheetRow(1, ['x'.repeat(70), 'y'.repeat(70)]) + sheetRow(2, [1, 2]).repeat(1000);
    await expect(parse(xlsxOf([{ name: 'S', rows }]), { maxUnpackedBytes: 60_000 })).rejects.toMatchObject({
      type: 'Document.TooLarge',
    });
  });

  it('ignores columns beyond the last, references out of order and strings that are not there', async () => {
    const rows =
      '<row r="1"><c r="ZZZ1"><v>1</v></c></row><row r="2"><c r="B2"><v>2</v></c><c r="A2"><v>3</v></c><c r="C2" t="s"><v>99</v></c></row>';
    expect(await linesOf([{ name: 'S', rows }])).toEqual(['S', '2']);
  });
});
