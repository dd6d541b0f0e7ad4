import { describe, expect, it } from 'vitest';
import { zipOf } from '../../../../test/support/documents.js';
import { sheetRow, xlsxOf } from '../../../../test/support/office-documents.js';
import { parseDocument } from '../parse-document.js';
import { DEFAULT_DOCUMENT_LIMITS } from '../../document-limits.js';
import { noteOnHidden } from './hidden-parts.js';
import { parseOdf } from './parse-odf.js';

const STYLES =
  '<office:automatic-styles>' +
  '<style:style style:name="ta1" style:family="table"><style:table-properties table:display="true"/></style:style>' +
  '<style:style style:name="ta2" style:family="table"><style:table-properties table:display="false"/></style:style>' +
  '<style:style style:name="dp1" style:family="drawing-page"><style:drawing-page-properties presentation:visibility="visible"/></style:style>' +
  '<style:style style:name="dp2" style:family="drawing-page"><style:drawing-page-properties presentation:visibility="hidden"/></style:style>' +
  '</office:automatic-styles>';

const parse = (kind: 'spreadsheet' | 'presentation', body: string) =>
  parseOdf(
    zipOf([
      { name: 'mimetype', content: `application/vnd.oasis.opendocument.${kind}` },
      {
        name: 'content.xml',
        content: `<office:document-content>${STYLES}<office:body><office:${kind}>${body}</office:${kind}></office:body></office:document-content>`,
      },
    ]),
    { name: 'x', limits: DEFAULT_DOCUMENT_LIMITS },
  );
const sheet = (name: string, style: string, text: string): string =>
  `<table:table table:name="${name}" table:style-name="${style}"><table:table-row><table:table-cell><text:p>${text}</text:p></table:table-cell></table:table-row></table:table>`;
const slide = (style: string, text: string): string =>
  `<draw:page draw:style-name="${style}"><draw:frame><draw:text-box><text:p>${text}</text:p></draw:text-box></draw:frame><presentation:notes><text:p>of ${text}</text:p></presentation:notes></draw:page>`;

describe('hidden parts of OpenDocument files', () => {
  it('are left out: sheets', async () => {
    const body =
      sheet('Open', 'ta1', 'shown') +
      sheet('Rates', 'ta2', 'secret') +
      sheet('Old', 'ta2', 'secret') +
      sheet('Last', '', 'end');
    const { text, notes } = await parse('spreadsheet', body);
    expect(text).toBe('Open\n\nshown\n\nLast\n\nend');
    expect(notes).toEqual([
      'hidden sheets left out: Rates, Old. To search them too, unhide them and add the file again.',
    ]);
  });

  it('are left out: slides, which keep their number', async () => {
    const { text, notes, pages } = await parse(
      'presentation',
      slide('dp1', 'one') + slide('dp2', 'two') + slide('dp1', 'three'),
    );
    expect(text).toBe('one\n\nNotes: of one\n\nthree\n\nNotes: of three');
    expect(pages?.map((offset) => text.slice(offset).split('\n')[0])).toEqual(['one', 'three', 'three']);
    expect(notes).toEqual(['hidden slide left out: 2. To search it too, unhide it and add the file again.']);
  });

  it('are not said where there are none', async () => {
    expect((await parse('spreadsheet', sheet('Open', 'ta1', 'shown'))).notes).toBeUndefined();
  });
});

it('names few of many, each in a line', () => {
  const names = ['a\nb', 'x'.repeat(100), 'c', 'd', 'e', 'f', 'g'];
  expect(noteOnHidden('sheet', names).notes).toEqual([
    `hidden sheets left out: a b, ${'x'.repeat(39)}…, c, d, e and 2 more. To search them too, unhide them and add the file again.`,
  ]);
});

it('is told as the reason where a file has no other text', async () => {
  const rows = sheetRow(1, ['secret']);
  const bytes = xlsxOf([
    { name: 'Cover', rows: '' },
    { name: 'Data', rows, state: 'hidden' },
  ]);
  await expect(parseDocument(bytes, { name: 'x.xlsx', signal: new AbortController().signal })).rejects.toThrow(
    'x.xlsx has no text: hidden sheet left out: Data. To search it too, unhide it and add the file again.',
  );
});
