import { zipOf, type ZipMember } from './documents.js';

/** Small workbooks, presentations and books, made from scratch. */

const RELATIONS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';

/** The part that names others, by id, type and target. */
export function relationsPart(
  part: string,
  relations: readonly (readonly [id: string, type: string, target: string])[],
): ZipMember {
  const folder = part.slice(0, part.lastIndexOf('/') + 1);
  const all = relations.map(
    ([id, type, to]) => `<Relationship Id="${id}" Type="${RELATIONS}/${type}" Target="${to}"/>`,
  );
  return {
    name: `${folder}_rels/${part.slice(folder.length)}.rels`,
    content: `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${all.join('')}</Relationships>`,
  };
}

export interface TestSheet {
  readonly name: string;
  /** What stands in `sheetData`, or the whole part where it begins with `<worksheet`. */
  readonly rows: string;
  /** What follows the rows. */
  readonly after?: string;
  readonly state?: string;
}

export function xlsxOf(
  sheets: readonly TestSheet[],
  options: { readonly strings?: string; readonly styles?: string; readonly properties?: string } = {},
): Buffer {
  const list = sheets.map(
    ({ name, state = 'visible' }, index) =>
      `<sheet name="${name}" sheetId="${index + 1}" state="${state}" r:id="r${index + 1}"/>`,
  );
  return zipOf([
    relationsPart('', [['r1', 'officeDocument', 'xl/workbook.xml']]),
    {
      name: 'xl/workbook.xml',
      content: `<workbook xmlns:r="${RELATIONS}">${options.properties ?? ''}<sheets>${list.join('')}</sheets></workbook>`,
    },
    relationsPart('xl/workbook.xml', [
      ...sheets.map((_, index) => [`r${index + 1}`, 'worksheet', `worksheets/s${index + 1}.xml`] as const),
      ['rs', 'sharedStrings', 'sharedStrings.xml'],
      ['ry', 'styles', '/xl/styles.xml'],
    ]),
    { name: 'xl/sharedStrings.xml', content: `<sst>${options.strings ?? ''}</sst>` },
    { name: 'xl/styles.xml', content: `<styleSheet>${options.styles ?? ''}</styleSheet>` },
    ...sheets.map(({ rows, after = '' }, index) => ({
      name: `xl/worksheets/s${index + 1}.xml`,
      content: rows.startsWith('<worksheet') ? rows : `<worksheet><sheetData>${rows}</sheetData>${after}</worksheet>`,
    })),
  ]);
}

/** A row of texts and numbers; null for a cell that is not there. */
export function sheetRow(number: number, cells: readonly (string | number | null)[]): string {
  const all = cells.map((cell, index) => {
    const reference = `${String.fromCharCode(65 + index)}${number}`;
    if (cell === null) return '';
    if (typeof cell === 'number') return `<c r="${reference}"><v>${cell}</v></c>`;
    return `<c r="${reference}" t="inlineStr"><is><t>${cell}</t></is></c>`;
  });
  return `<row r="${number}">${all.join('')}</row>`;
}
