import { damagedDocument, openArchive, type Archive } from '../archive.js';
import type { ParsedText } from '../parsed-text.js';
import type { ParserContext } from '../parser-context.js';
import { ReadableText } from '../readable-text.js';
import { TableWriter } from '../tables/table-writer.js';
import { cellFormats } from './cell-format.js';
import { noteOnHidden } from './hidden-parts.js';
import { readXml } from './read-xml.js';
import { coreTitle, relationsOf } from './relations.js';
import { readSharedStrings, readSheet } from './sheet-rows.js';

/**
 * The sheets of a workbook, each under its name, row by row with its column names (`TableWriter`). Numbers and dates are formatted for
 * display; formulas are replaced by their cached results. Hidden sheets are left out, which a note mentions.
 *
 * @throws {DocumentError}
 */
export async function parseXlsx(bytes: Uint8Array, { name, limits }: ParserContext): Promise<ParsedText> {
  const archive = await openArchive(bytes, name, limits);
  try {
    const workbook =
      (await relationsOf(archive, '')).find(({ type }) => type === 'officeDocument')?.part ?? 'xl/workbook.xml';
    const xml = await archive.read(workbook);
    if (xml === undefined) throw damagedDocument(name, 'it has no workbook');
    const { sheets, is1904 } = readWorkbook(xml);
    const relations = await relationsOf(archive, workbook);
    const partOf = (type: string): string => relations.find((relation) => relation.type === type)?.part ?? '';
    const sharedStrings = readSharedStrings((await archive.read(partOf('sharedStrings'))) ?? '');
    const formats = cellFormats((await archive.read(partOf('styles'))) ?? '', { is1904 });
    const readable = new ReadableText();
    const read = new Set<string>();
    for (const sheet of sheets) {
      const relation = relations.find(({ id }) => id === sheet.relation);
      if (sheet.isHidden || relation?.type !== 'worksheet' || read.has(relation.part)) continue;
      read.add(relation.part);
      const sheetXml = await readWhole(archive, relation.part, name, sheet.name);
      let isNamed = false;
      const writer = new TableWriter({
        name,
        maxCharacters: limits.maxUnpackedBytes,
        write(line) {
          // Only a sheet with cells gets a heading.
          if (!isNamed) readable.heading(1, sheet.name);
          isNamed = true;
          readable.block(line);
        },
      });
      readSheet(sheetXml, {
        sharedStrings,
        formats,
        onRow(row, isAfterGap) {
          if (isAfterGap) writer.gap();
          writer.add(row);
        },
      });
      writer.finish();
    }
    const hidden = sheets.filter(({ isHidden }) => isHidden).map((sheet) => sheet.name);
    return { ...readable.finish(), ...noteOnHidden('sheet', hidden), title: await coreTitle(archive) };
  } finally {
    archive.close();
  }
}

async function readWhole(archive: Archive, part: string, name: string, sheet: string): Promise<string> {
  const xml = await archive.read(part);
  if (xml === undefined) throw damagedDocument(name, `its sheet "${sheet}" is missing`);
  // The closing tag is only missing if the file was cut off.
  if (!/<\/(?:[\w-]{1,50}:)?worksheet\s*>\s*$/u.test(xml.slice(-1000))) {
    throw damagedDocument(name, `its sheet "${sheet}" ends in the middle`);
  }
  return xml;
}

interface Sheet {
  readonly name: string;
  /** Id of the relation to the sheet's part. */
  readonly relation: string;
  readonly isHidden: boolean;
}

function readWorkbook(xml: string): { readonly sheets: readonly Sheet[]; readonly is1904: boolean } {
  const sheets: Sheet[] = [];
  let is1904 = false;
  readXml(xml, {
    onOpen(tag, attributes) {
      if (tag === 'workbookPr') is1904 = /^(?:1|true|on)$/u.test(attributes.get('date1904') ?? '');
      if (tag !== 'sheet') return;
      const relation = attributes.get('r:id') ?? '';
      const isHidden = /hidden/iu.test(attributes.get('state') ?? '');
      sheets.push({ name: attributes.get('name') ?? '', relation, isHidden });
    },
  });
  return { sheets, is1904 };
}
