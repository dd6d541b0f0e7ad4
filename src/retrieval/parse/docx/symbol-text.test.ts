import { describe, expect, it } from 'vitest';
import { docxOf } from '../../../../test/support/documents.js';
import { DEFAULT_DOCUMENT_LIMITS } from '../../document-limits.js';
import { parseDocx } from '../parse-docx.js';

const textOf = async (body: string): Promise<string> =>
  (await parseDocx(docxOf(body), 'report.docx', DEFAULT_DOCUMENT_LIMITS)).text;
const run = (text: string): string => `<w:r><w:t xml:space="preserve">${text}</w:t></w:r>`;

describe('symbols in a text', () => {
  const symbol = (font: string, code: string): string => `<w:r><w:sym w:font="${font}" w:char="${code}"/></w:r>`;
  it.each([
    ['Greek', `${run('Angle ')}${symbol('Symbol', 'F061')}${run(' = 5')}`, 'Angle α = 5'],
    ['a tick', `${symbol('Wingdings', 'F0FC')}${run(' checked')}`, '✓ checked'],
    ['a code without the private area', `${run('a ')}${symbol('Wingdings', '00E0')}${run(' b')}`, 'a 🡪 b'],
    ['a character of an ordinary font', `${run('5 ')}${symbol('Arial', '2126')}`, '5 Ω'],
    ['one that nobody knows', `${run('a')}${symbol('Own Logos', 'F041')}${run('b')}`, 'ab'],
    ['one without a code, or half a character', `${run('a')}${symbol('Symbol', '')}${symbol('Arial', 'D800')}`, 'a'],
  ])('%s', async (_, content, text) => expect(await textOf(`<w:p>${content}</w:p>`)).toBe(text));
});

it('reads the words of WordArt, and none of a shape without', async () => {
  const shape = (path: string): string =>
    `<w:r><w:pict xmlns:v="urn:schemas-microsoft-com:vml"><v:shape>${path}</v:shape></w:pict></w:r>`;
  const body = run('Draft') + shape('<v:textpath string="Do not&#xA;copy"/>') + shape('<v:textpath/>');
  expect(await textOf(`<w:p>${body}</w:p>`)).toBe('Draft Do not\ncopy');
});
