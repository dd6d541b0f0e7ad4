import { describe, expect, it } from 'vitest';
import { DEFAULT_DOCUMENT_LIMITS } from '../document-limits.js';
import { parseDocument } from './parse-document.js';
import { parseBytes } from './parsers.js';

const TABLE = new Map(
  Array.from({ length: 128 }, (_, index) => [
    new TextDecoder('windows-1251').decode(Uint8Array.of(index + 128)),
    index + 128,
  ]),
);
const cyrillic = (text: string) =>
  Buffer.from(Array.from(text).map((character) => TABLE.get(character) ?? character.charCodeAt(0)));
const parse = (bytes: Uint8Array, name: string) => parseDocument(bytes, { name, signal: new AbortController().signal });
const SENTENCE = 'Поезд отправляется завтра утром с третьего пути.';

describe('charsets of documents', () => {
  it.each([
    ['a.txt', SENTENCE],
    ['a.html', `<!doctype html><html><body><p>${SENTENCE}</p></body></html>`],
    ['a.csv', `имя;заметка\nИван;${SENTENCE}\nОльга;${SENTENCE}\n`],
    ['a.json', JSON.stringify({ note: SENTENCE })],
    ['a.md', `# Заголовок\n\n${SENTENCE}\n`],
  ])('reads %s in windows-1251, and has nothing to remark', async (name, text) => {
    const document = await parse(cyrillic(text), name);
    expect(document.text).toContain(SENTENCE);
    expect(document.notes).toBeUndefined();
  });

  it.each([
    ['a.txt', 'caf\u00e9'],
    ['a.html', '<!doctype html><p>caf\u00e9</p>'],
    ['a.csv', 'name,price\ncaf\u00e9,5\n'],
  ])('says of %s that its charset is a guess', async (name, text) => {
    const { notes } = await parse(Buffer.from(text, 'latin1'), name);
    expect(notes).toEqual([expect.stringContaining('which is a guess')]);
  });

  it('says so of an attachment, by its name', async () => {
    const mail = [
      'From: a@example.org\r\nSubject: menu\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n',
      '--b\r\nContent-Type: text/plain\r\n\r\nSee it.\r\n',
      '--b\r\nContent-Type: application/octet-stream; name=menu.txt\r\nContent-Disposition: attachment; filename=menu.txt\r\n',
      'Content-Transfer-Encoding: base64\r\n\r\nY2Fm6Q==\r\n--b--\r\n',
    ].join('');
    const limits = DEFAULT_DOCUMENT_LIMITS;
    const { notes } = await parseBytes('eml', Buffer.from(mail), { name: 'a.eml', limits });
    expect(notes).toEqual([expect.stringMatching(/^menu\.txt: read as .*guess/u)]);
  });
});
