import { crc32, deflateRawSync, deflateSync } from 'node:zlib';

/** Small documents of binary formats, made from scratch. */

export interface ZipMember {
  readonly name: string;
  readonly content: string | Uint8Array;
  /** What the archive says of its unpacked size; default: the truth. */
  readonly claimedBytes?: number;
}

/** source: APPNOTE.TXT 4.3 */
export function zipOf(members: readonly ZipMember[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content, claimedBytes } of members) {
    const bytes = Buffer.from(content);
    const packed = deflateRawSync(bytes);
    const header = (signature: number, isCentral: boolean): Buffer => {
      const fields = Buffer.alloc(isCentral ? 46 : 30);
      fields.writeUInt32LE(signature, 0);
      const at = isCentral ? 6 : 4;
      if (isCentral) fields.writeUInt16LE(20, 4);
      fields.writeUInt16LE(20, at);
      fields.writeUInt16LE(0x800, at + 2);
      fields.writeUInt16LE(8, at + 4);
      fields.writeUInt32LE(crc32(bytes), at + 10);
      fields.writeUInt32LE(packed.length, at + 14);
      fields.writeUInt32LE(claimedBytes ?? bytes.length, at + 18);
      fields.writeUInt16LE(Buffer.byteLength(name), at + 22);
      if (isCentral) fields.writeUInt32LE(offset, 42);
      return Buffer.concat([fields, Buffer.from(name)]);
    };
    directory.push(header(0x02014b50, true));
    const member = Buffer.concat([header(0x04034b50, false), packed]);
    parts.push(member);
    offset += member.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, central, end]);
}

export const W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"';
const M = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"';

export interface DocxOptions {
  readonly prolog?: string;
  readonly more?: readonly ZipMember[];
  /** Content of `w:styles`, in place of the two that are there else. */
  readonly styles?: string;
  /** Content of `w:numbering`. */
  readonly numbering?: string;
  /** The whole part, in place of the one around `body`. */
  readonly document?: string;
}

/** @param body Content of `w:body`. */
export function docxOf(body: string, options: DocxOptions = {}): Buffer {
  return zipOf([
    {
      name: '[Content_Types].xml',
      content:
        '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/word/document.xml" ' +
        'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
    },
    {
      name: '_rels/.rels',
      content:
        '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" ' +
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>',
    },
    {
      name: 'word/document.xml',
      content:
        options.document ??
        `<?xml version="1.0" encoding="UTF-8"?>${options.prolog ?? ''}<w:document ${W} ${M}><w:body>${body}</w:body></w:document>`,
    },
    {
      name: 'word/styles.xml',
      content: `<w:styles ${W}>${
        options.styles ??
        '<w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>' +
          '<w:style w:styleId="Own"><w:name w:val="Chapter"/><w:pPr><w:outlineLvl w:val="1"/></w:pPr></w:style>'
      }</w:styles>`,
    },
    ...(options.numbering === undefined
      ? []
      : [{ name: 'word/numbering.xml', content: `<w:numbering ${W}>${options.numbering}</w:numbering>` }]),
    ...(options.more ?? []),
  ]);
}

export function docxParagraph(text: string, style?: string): string {
  const properties = style === undefined ? '' : `<w:pPr><w:pStyle w:val="${style}"/></w:pPr>`;
  return `<w:p>${properties}<w:r><w:t xml:space="preserve">${text}</w:t></w:r></w:p>`;
}

export interface PdfPage {
  /** Operators between `BT` and `ET`; font F1 is Helvetica, F2 a Chinese font that is not embedded. */
  readonly operators: string;
  /** Fields of a form: entries of their annotations' dictionaries. */
  readonly fields?: readonly string[];
  /** A picture over the page, as a scanner leaves it. */
  readonly isScan?: boolean;
}

/** source: ISO 32000-1, 7.5 */
export function pdfOf(
  pages: readonly PdfPage[],
  options: {
    readonly claimedPages?: number;
    readonly outline?: readonly { readonly title: string; readonly page: number }[];
    readonly title?: string;
    /** More entries of the trailer. */
    readonly trailer?: string;
  } = {},
): Buffer {
  const objects: Buffer[] = [];
  const add = (content: string | Buffer): number => objects.push(Buffer.from(content));
  const catalog = add('');
  const tree = add('');
  const helvetica = add('<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>');
  const descendant = add(
    '<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> ' +
      '/FontDescriptor << /Type /FontDescriptor /FontName /STSong-Light /Flags 4 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 /Ascent 880 ' +
      '/Descent -120 /CapHeight 880 /StemV 93 >> >>',
  );
  const chinese = add(
    `<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light-UniGB-UCS2-H /Encoding /UniGB-UCS2-H /DescendantFonts [${descendant} 0 R] >>`,
  );
  const fieldIds: number[] = [];
  const pageIds = pages.map(({ operators, fields = [], isScan = false }) => {
    const drawing = isScan ? 'q 600 0 0 800 0 0 cm /Im Do Q' : '';
    const packed = deflateSync(Buffer.from(`BT ${operators} ET ${drawing}`, 'latin1'));
    const stream = add(
      Buffer.concat([
        Buffer.from(`<< /Length ${packed.length} /Filter /FlateDecode >>\nstream\n`),
        packed,
        Buffer.from('\nendstream'),
      ]),
    );
    const picture = isScan
      ? `/XObject << /Im ${add('<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 /Length 1 >>\nstream\n0\nendstream')} 0 R >>`
      : '';
    const annotations = fields.map((field) => add(`<< /Type /Annot /Subtype /Widget /F 4 ${field} >>`));
    fieldIds.push(...annotations);
    return add(
      `<< /Type /Page /Parent ${tree} 0 R /MediaBox [0 0 600 800] /Contents ${stream} 0 R ` +
        `/Annots [${annotations.map((id) => `${id} 0 R`).join(' ')}] /Resources << ${picture} /Font << /F1 ${helvetica} 0 R /F2 ${chinese} 0 R >> >> >>`,
    );
  });
  const outline = options.outline ?? [];
  let outlines = '';
  if (outline.length > 0) {
    const root = objects.length + 1;
    add(`<< /Type /Outlines /First ${root + 1} 0 R /Last ${root + outline.length} 0 R /Count ${outline.length} >>`);
    for (const [index, { title, page }] of outline.entries()) {
      const next = index + 1 < outline.length ? `/Next ${root + index + 2} 0 R` : '';
      add(`<< /Title ${utf16(title)} /Parent ${root} 0 R ${next} /Dest [${pageIds[page - 1]} 0 R /Fit] >>`);
    }
    outlines = `/Outlines ${root} 0 R`;
  }
  const form = fieldIds.length === 0 ? '' : `/AcroForm << /Fields [${fieldIds.map((id) => `${id} 0 R`).join(' ')}] >>`;
  const info = add(`<< /Title ${utf16(options.title ?? '')} >>`);
  objects[catalog - 1] = Buffer.from(`<< /Type /Catalog /Pages ${tree} 0 R ${outlines} ${form} >>`);
  objects[tree - 1] = Buffer.from(
    `<< /Type /Pages /Kids [${pageIds.map((id) => `${id} 0 R`).join(' ')}] /Count ${options.claimedPages ?? pages.length} >>`,
  );
  let body = Buffer.from('%PDF-1.7\n%\u00e2\u00e3\n', 'latin1');
  const offsets = objects.map((object, index) => {
    const offset = body.length;
    body = Buffer.concat([body, Buffer.from(`${index + 1} 0 obj\n`), object, Buffer.from('\nendobj\n')]);
    return offset;
  });
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  return Buffer.concat([
    body,
    Buffer.from(
      `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer\n<< /Size ${objects.length + 1} /Root ${catalog} 0 R ` +
        `/Info ${info} 0 R ${options.trailer ?? ''} >>\nstartxref\n${body.length}\n%%EOF\n`,
    ),
  ]);
}

/** A page of lines from its top, 14 points apart. */
export function pdfLines(lines: readonly string[]): PdfPage {
  return { operators: `/F1 12 Tf 14 TL 50 750 Td ${lines.map((line) => `(${line}) Tj T*`).join(' ')}` };
}

export function pdfChinese(text: string): PdfPage {
  return { operators: `/F2 12 Tf 50 750 Td ${hexUtf16(text)} Tj` };
}

function utf16(text: string): string {
  return hexUtf16(`\u{feff}${text}`);
}

function hexUtf16(text: string): string {
  return `<${Buffer.from(text, 'utf16le').swap16().toString('hex')}>`;
}
