import { expect, it } from 'vitest';
import { docxOf, docxParagraph, zipOf } from '../../../test/support/documents.js';
import { DEFAULT_DOCUMENT_LIMITS } from '../document-limits.js';
import { packageKind } from './package-kind.js';

const kindOf = (bytes: Uint8Array) => packageKind(bytes, 'file.bin', DEFAULT_DOCUMENT_LIMITS);

it('knows a Word document', async () => {
  expect(await kindOf(docxOf(docxParagraph('x')))).toBe('docx');
});

it.each([
  ['a binary spreadsheet', 'xl/workbook.bin', /XLSX/u],
  ['pages', 'Index/Document.iwa', /PDF/u],
  ['an archive', 'readme.txt', /Unpack/u],
])('says what to do with %s', async (_, part, message) => {
  await expect(kindOf(zipOf([{ name: part, content: '<a/>' }]))).rejects.toMatchObject({
    type: 'Document.Unsupported',
    message: expect.stringMatching(message),
  });
});
