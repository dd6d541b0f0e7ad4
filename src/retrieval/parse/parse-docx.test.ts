import { describe, expect, it } from 'vitest';
import { docxOf, docxParagraph, zipOf } from '../../../test/support/documents.js';
import { DEFAULT_DOCUMENT_LIMITS } from '../document-limits.js';
import { parseDocx } from './parse-docx.js';

const parse = (bytes: Uint8Array, limits = {}) =>
  parseDocx(bytes, 'report.docx', { ...DEFAULT_DOCUMENT_LIMITS, ...limits });

describe('parseDocx', () => {
  it('reads headings, paragraphs, lists, tables and notes, and not what was deleted', async () => {
    const cell = (text: string) => `<w:tc>${docxParagraph(text)}</w:tc>`;
    const item = (text: string) =>
      `<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="3"/></w:numPr></w:pPr><w:r><w:t>${text}</w:t></w:r></w:p>`;
    const bytes = docxOf(
      docxParagraph('Annual &amp; report', 'berschrift1') +
        docxParagraph('Cafe\u0301 is fine.') +
        docxParagraph('数据库', 'Own') +
        item('one') +
        item('two') +
        `<w:tbl><w:tr>${cell('a')}${cell('b')}</w:tr><w:tr>${cell('1')}${cell('2')}</w:tr></w:tbl>` +
        '<w:p><w:r><w:t>kept</w:t></w:r><w:del><w:r><w:delText>deleted</w:delText></w:r></w:del><w:r><w:br/><w:t>below</w:t>' +
        '<w:instrText>PAGE</w:instrText></w:r></w:p>' +
        '<w:p><mc:AlternateContent><mc:Choice><w:r><w:t>once</w:t></w:r></mc:Choice><mc:Fallback><w:r><w:t>twice</w:t></w:r></mc:Fallback></mc:AlternateContent></w:p>',
      {
        more: [
          { name: 'word/footnotes.xml', content: `<w:footnotes>${docxParagraph('A note.')}</w:footnotes>` },
          {
            name: 'docProps/core.xml',
            content: '<cp:coreProperties><dc:title>The Title</dc:title></cp:coreProperties>',
          },
        ],
      },
    );
    const { text, headings, title } = await parse(bytes);
    expect(text).toBe(
      'Annual & report\n\nCaf\u00e9 is fine.\n\n数据库\n\n- one\n- two\n\na | b\n1 | 2\n\nkept\nbelow\n\nonce\n\nA note.',
    );
    expect(headings).toEqual([
      { level: 1, text: 'Annual & report', offset: 0 },
      { level: 2, text: '数据库', offset: text.indexOf('数据库') },
    ]);
    expect(title).toBe('The Title');
  });

  it.each([
    [
      'a bomb by its ratio',
      docxOf(docxParagraph('x'), { more: [{ name: 'bomb', content: Buffer.alloc(20_000_000) }] }),
      'Document.TooLarge',
      /200 times its size/u,
    ],
    [
      'a bomb that calls itself a picture',
      zipOf([
        {
          name: '_rels/.rels',
          content:
            '<Relationships><Relationship Id="r1" Type="x/officeDocument" Target="word/document.png"/></Relationships>',
        },
        { name: 'word/document.png', content: Buffer.alloc(20_000_000) },
      ]),
      'Document.TooLarge',
      /200 times its size/u,
    ],
    [
      'a bomb that lies about its size',
      zipOf([{ name: 'word/document.xml', content: Buffer.alloc(20_000_000, 'x'), claimedBytes: 100 }]),
      'Document.Corrupt',
      /damaged/u,
    ],
    [
      'names that leave the archive',
      zipOf([{ name: '../../etc/passwd', content: 'x' }]),
      'Document.Corrupt',
      /damaged/u,
    ],
    ['an archive of something else', zipOf([{ name: 'readme.txt', content: 'x' }]), 'Document.Unsupported', /archive/u],
    ['a cut archive', docxOf(docxParagraph('x')).subarray(0, 400), 'Document.Corrupt', /damaged/u],
    [
      'text that ends in the middle',
      zipOf([{ name: 'word/document.xml', content: '<w:document><w:body><w:p>' }]),
      'Document.Corrupt',
      /middle/u,
    ],
  ])('refuses %s by one line', async (_, bytes, type, message) => {
    const error = await parse(bytes).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'DocumentError', type, message: expect.stringMatching(message) });
    expect((error as Error).message).not.toContain('\n');
    expect((error as Error).message).toContain('report.docx');
  });

  it('reads a document with blank pictures and long runs of the same, which pack as well as a bomb', async () => {
    const more = [
      { name: 'word/media/blank.emf', content: Buffer.alloc(30_000_000) },
      { name: 'word/embeddings/blank.bin', content: Buffer.alloc(3_000_000) },
    ];
    expect((await parse(docxOf(docxParagraph('Depth of the basin'), { more }))).text).toBe('Depth of the basin');
  });

  it('refuses what unpacks to more than the limit in all', async () => {
    const more = Array.from({ length: 20 }, (_, index) => ({ name: `part-${index}`, content: Buffer.alloc(900_000) }));
    await expect(parse(docxOf(docxParagraph('x'), { more }), { maxUnpackedBytes: 10_000_000 })).rejects.toMatchObject({
      type: 'Document.TooLarge',
    });
  });

  it('does not expand entities that the document declares', async () => {
    const lines = Array.from({ length: 30 }, (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`).join('');
    const bytes = docxOf(docxParagraph('laugh &l30; at this'), { prolog: `<!DOCTYPE x [<!ENTITY l0 "ha">${lines}]>` });
    const { text } = await parse(bytes);
    expect(text).toMatch(/^laugh .{0,10} at this$/u);
  });

  it('reads elements within each other without end', async () => {
    const depth = 300_000;
    const bytes = docxOf('<w:sdt>'.repeat(depth) + docxParagraph('deep') + '</w:sdt>'.repeat(depth));
    const { text } = await parse(bytes, { maxUnpackedRatio: Infinity });
    expect(text).toBe('deep');
  });
});
