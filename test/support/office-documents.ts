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

export interface TestSlide {
  /** What stands in `p:spTree`. */
  readonly shapes: string;
  readonly notes?: string;
  /** A whole part. */
  readonly chart?: string;
  readonly isHidden?: boolean;
}

/** @param order numbers of slides from 1, as the presentation shows them; default: all, as they are given */
export function pptxOf(slides: readonly TestSlide[], order = slides.map((_, index) => index + 1)): Buffer {
  return zipOf([
    relationsPart('', [['r1', 'officeDocument', 'ppt/presentation.xml']]),
    {
      name: 'ppt/presentation.xml',
      content: `<p:presentation><p:sldIdLst>${order.map((number) => `<p:sldId id="${255 + number}" r:id="r${number}"/>`).join('')}</p:sldIdLst></p:presentation>`,
    },
    relationsPart(
      'ppt/presentation.xml',
      slides.map((_, index) => [`r${index + 1}`, 'slide', `slides/s${index + 1}.xml`] as const),
    ),
    ...slides.flatMap(({ shapes, notes, chart, isHidden = false }, index) => [
      {
        name: `ppt/slides/s${index + 1}.xml`,
        content: `<p:sld${isHidden ? ' show="0"' : ''}><p:cSld><p:spTree>${shapes}</p:spTree></p:cSld></p:sld>`,
      },
      relationsPart(`ppt/slides/s${index + 1}.xml`, [
        ...(notes === undefined ? [] : [['n', 'notesSlide', `../notes/n${index + 1}.xml`] as const]),
        ...(chart === undefined ? [] : [['c', 'chart', `../charts/c${index + 1}.xml`] as const]),
      ]),
      ...(notes === undefined
        ? []
        : [{ name: `ppt/notes/n${index + 1}.xml`, content: `<p:notes>${slideShape(notes, 'body')}</p:notes>` }]),
      ...(chart === undefined ? [] : [{ name: `ppt/charts/c${index + 1}.xml`, content: chart }]),
    ]),
  ]);
}

/** A shape with a paragraph for each line. */
export function slideShape(text: string, placeholder?: string): string {
  const place = placeholder === undefined ? '' : `<p:nvSpPr><p:nvPr><p:ph type="${placeholder}"/></p:nvPr></p:nvSpPr>`;
  const paragraphs = text.split('\n').map((line) => `<a:p><a:r><a:t>${line}</a:t></a:r></a:p>`);
  return `<p:sp>${place}<p:txBody>${paragraphs.join('')}</p:txBody></p:sp>`;
}

/** @param body what stands in `office:body` */
export function odfOf(kind: 'text' | 'spreadsheet' | 'presentation', body: string): Buffer {
  return zipOf([
    { name: 'mimetype', content: `application/vnd.oasis.opendocument.${kind}` },
    {
      name: 'content.xml',
      content: `<office:document-content><office:body><office:${kind}>${body}</office:${kind}></office:body></office:document-content>`,
    },
  ]);
}

export function epubOf(
  chapters: readonly string[],
  options: { readonly order?: readonly number[]; readonly toc?: string; readonly encryption?: string } = {},
): Buffer {
  const { order = chapters.map((_, index) => index), toc = '', encryption } = options;
  const items = chapters.map(
    (_, index) => `<item id="c${index}" href="text/c%20${index}.xhtml" media-type="application/xhtml+xml"/>`,
  );
  return zipOf([
    { name: 'mimetype', content: 'application/epub+zip' },
    {
      name: 'META-INF/container.xml',
      content: '<container><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>',
    },
    ...(encryption === undefined
      ? []
      : [
          {
            name: 'META-INF/encryption.xml',
            content: `<encryption><EncryptionMethod Algorithm="${encryption}"/></encryption>`,
          },
        ]),
    {
      name: 'OPS/book.opf',
      content: `<package><metadata><dc:title>A book</dc:title></metadata><manifest><item id="toc" href="toc.ncx" media-type="application/x-dtbncx+xml"/>${items.join('')}</manifest><spine>${order.map((index) => `<itemref idref="c${index}"/>`).join('')}</spine></package>`,
    },
    { name: 'OPS/toc.ncx', content: `<ncx><navMap>${toc}</navMap></ncx>` },
    ...chapters.map((body, index) => ({
      name: `OPS/text/c ${index}.xhtml`,
      content: `<html><head><title>c${index}</title></head><body>${body}</body></html>`,
    })),
  ]);
}
