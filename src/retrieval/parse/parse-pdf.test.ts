import { describe, expect, it } from 'vitest';
import { pdfChinese, pdfLines, pdfOf } from '../../../test/support/documents.js';
import { DEFAULT_DOCUMENT_LIMITS } from '../document-limits.js';
import { parsePdf } from './parse-pdf.js';

const parse = (bytes: Uint8Array) => parsePdf(bytes, 'report.pdf', DEFAULT_DOCUMENT_LIMITS);

describe('parsePdf', () => {
  it('reads pages, a Chinese font that is not embedded, title, and headings of the outline', async () => {
    const bytes = pdfOf(
      [
        pdfLines(['Introduction', 'It was a dark night.']),
        { operators: '' },
        pdfChinese('数据库设计'),
        pdfLines(['The end']),
      ],
      {
        title: '年度报告',
        outline: [
          { title: 'Introduction', page: 1 },
          { title: '数据库设计', page: 3 },
          { title: 'Not on its page', page: 4 },
        ],
      },
    );
    const { text, headings, pages, title } = await parse(bytes);
    expect(text).toBe('Introduction\nIt was a dark night.\n\n数据库设计\n\nThe end');
    expect(pages).toEqual([0, text.indexOf('数'), text.indexOf('数'), text.indexOf('The end')]);
    expect(headings).toEqual([
      { level: 1, text: 'Introduction', offset: 0 },
      { level: 1, text: '数据库设计', offset: text.indexOf('数') },
    ]);
    expect(title).toBe('年度报告');
  });

  it('parts words of different boxes on one line', async () => {
    const bytes = pdfOf([{ operators: '/F1 12 Tf 50 700 Td (Left) Tj 100 0 Td (Right) Tj' }]);
    expect((await parse(bytes)).text).toBe('Left Right');
  });

  it('parts words of a line that the file has from right to left', async () => {
    const bytes = pdfOf([{ operators: '/F1 12 Tf 250 700 Td (Country) Tj -100 0 Td (City) Tj -100 0 Td (Street) Tj' }]);
    expect((await parse(bytes)).text).toBe('Country City Street');
    const back = pdfOf([{ operators: '/F1 12 Tf 250 700 Td (End) Tj -200 0 Td (Begin) Tj 100 0 Td (Middle) Tj' }]);
    expect((await parse(back)).text).toBe('End Begin Middle');
    const upright = pdfOf([
      { operators: '/F1 12 Tf 0 -1 1 0 300 300 Tm (Outer ring) Tj 0 -1 1 0 300 500 Tm (Align) Tj' },
    ]);
    expect((await parse(upright)).text).toBe('Outer ring Align');
  });

  it('counts pages itself', async () => {
    const bytes = pdfOf([pdfLines(['x'])], { claimedPages: 1_000_000_000 });
    expect(await parse(bytes)).toMatchObject({ text: 'x', pages: [0] });
    const three = pdfOf([pdfLines(['x']), pdfLines(['y']), pdfLines(['z'])]);
    await expect(parsePdf(three, 'report.pdf', { maxPages: 2 })).rejects.toMatchObject({
      type: 'Document.TooLarge',
      message: expect.stringMatching(/3 pages, more than 2/u),
    });
  });

  it.each([
    ['a damaged file', Buffer.from('%PDF-1.7\nnothing of a PDF'), 'Document.Corrupt', /damaged/u],
    ['no text', pdfOf([{ operators: '' }]), 'Document.Empty', /OCR/u],
    [
      'a password',
      pdfOf([pdfLines(['x'])], {
        trailer:
          `/ID [<${'00'.repeat(16)}> <${'00'.repeat(16)}>] /Encrypt << /Filter /Standard /V 2 /R 3 /Length 128 /P -4 ` +
          `/O <${'11'.repeat(32)}> /U <${'22'.repeat(32)}> >>`,
      }),
      'Document.Encrypted',
      /password/u,
    ],
  ])('refuses %s by one line', async (_, bytes, type, message) => {
    const error = await parse(bytes).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'DocumentError', type, message: expect.stringMatching(message) });
  });
});
