import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { zipOf } from '../../../test/support/documents.js';
import { epubOf, odfOf, pptxOf, slideShape } from '../../../test/support/office-documents.js';
import { DEFAULT_DOCUMENT_LIMITS, type DocumentLimits } from '../document-limits.js';
import { kindOfBytes, kindOfText } from './document-kind.js';
import { parseBytes, parseText } from './parsers.js';

function parse(source: Uint8Array | string, name: string, limits: Partial<DocumentLimits> = {}) {
  const context = { name, limits: { ...DEFAULT_DOCUMENT_LIMITS, ...limits } };
  if (typeof source === 'string' && !name.endsWith('.eml')) {
    return Promise.resolve(parseText(kindOfText(source, name), source, context));
  }
  const bytes = Buffer.from(source);
  return parseBytes(kindOfBytes(bytes, name) ?? 'package', bytes, context);
}
const blocks = async (source: Uint8Array | string, name: string) => (await parse(source, name)).text.split('\n\n');
const outline = async (source: Uint8Array | string, name: string) =>
  (await parse(source, name)).headings.map(({ level, text }) => `${level} ${text}`);

describe('files that other programs wrote', () => {
  it.each([
    [
      'openpyxl.xlsx',
      ['Harbour: Kiel · Depth (m): 9.5 · Opened: 1895-06-20 · Fee: 12.50 € · Open?: TRUE', 'Note: merged'],
      /hidden words/u,
    ],
    [
      'python.pptx',
      [
        'Harbour plan',
        '- Dredge the basin\n- Raise the quay',
        'Notes: Ask the pilot first.',
        'Berth | Depth\nA | 9.5 m',
      ],
      /Hidden one/u,
    ],
    ['odfpy.odt', ['The pilot boards at dawn.', '- Rope\n- Anchor', 'Berth | Depth\nA | 9.5 m', 'At the buoy.'], /1/u],
    ['odfpy.ods', ['Berths', 'Berth: A · Depth: 9.5'], /Table/u],
    ['ebooklib.epub', ['Arrival', 'The ship came in.', 'The ship left.'], /nav/u],
    [
      'python.eml',
      ['Hello Bob,\nthe table is attached.', 'Attachment: depths.xlsx', 'Total', 'Inner words.'],
      /PNG\r/u,
    ],
  ])('%s', async (name, holds, lacks) => {
    const bytes = await readFile(new URL(`../../../test/fixtures/foreign-documents/${name}`, import.meta.url));
    const { text } = await parse(bytes, name);
    expect(text.split('\n\n')).toEqual(expect.arrayContaining(holds));
    expect(text).not.toMatch(lacks);
  });
});

describe('presentations', () => {
  it('are read in the order shown, with hidden slides counted and empty', async () => {
    const slides = [
      { shapes: slideShape('Second', 'title') + slideShape('a\nb', 'body') + slideShape('7', 'sldNum') },
      { shapes: slideShape('First', 'ctrTitle'), notes: 'Say hello.' },
      { shapes: slideShape('Secret', 'title'), isHidden: true },
      { shapes: slideShape('Box') },
    ];
    const { text, pages, notes } = await parse(pptxOf(slides, [2, 3, 1, 4]), 'x.pptx');
    expect(notes).toEqual(['hidden slide left out: 2. To search it too, unhide it and add the file again.']);
    expect(text).toBe('First\n\nNotes: Say hello.\n\nSecond\n\n- a\n- b\n\nBox');
    expect(pages?.map((offset) => text.slice(offset).split('\n')[0])).toEqual(['First', 'Second', 'Second', 'Box']);
  });

  it('tell text of fallbacks once, and rows of tables', async () => {
    const cell = (text: string): string => `<a:tc><a:txBody><a:p><a:r><a:t>${text}</a:t></a:r></a:p></a:txBody></a:tc>`;
    const table = `<p:graphicFrame><a:tbl><a:tr>${cell('a')}${cell('b')}</a:tr><a:tr>${cell('1')}${cell('')}</a:tr></a:tbl></p:graphicFrame>`;
    const twice = `<mc:AlternateContent><mc:Choice>${slideShape('x')}</mc:Choice><mc:Fallback>${slideShape('x')}</mc:Fallback></mc:AlternateContent>`;
    expect(await blocks(pptxOf([{ shapes: table + twice }]), 'x.pptx')).toEqual(['a | b\n1 |', 'x']);
  });
});

describe('OpenDocument', () => {
  it('leaves out what was deleted, comments and tables of contents; reads notes, spaces, boxes', async () => {
    const body =
      '<text:tracked-changes><text:p>deleted</text:p></text:tracked-changes><text:table-of-content><text:p>toc</text:p></text:table-of-content>' +
      '<text:h text:outline-level="2">Head</text:h><text:p>a<text:s text:c="2"/>b<text:tab/>c<office:annotation><text:p>remark</text:p></office:annotation>' +
      '<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>note</text:p></text:note-body></text:note>.</text:p>';
    expect(await blocks(odfOf('text', body), 'x.odt')).toEqual(['Head', 'a  b\tc.', 'note']);
    expect(await outline(odfOf('text', body), 'x.odt')).toEqual(['2 Head']);
  });

  it('reads sheets and slides', async () => {
    const cell = (text: string, more = ''): string =>
      `<table:table-cell ${more}><text:p>${text}</text:p></table:table-cell>`;
    const row = (...cells: string[]): string => `<table:table-row>${cells.join('')}</table:table-row>`;
    const empty = '<table:table-cell table:number-columns-repeated="999999999"/>';
    const rows =
      row(cell('Ship'), cell('Crew'), empty) + row(cell('Ada'), cell('36')) + row(empty) + row(cell('Bob'), cell('7'));
    expect(
      await blocks(odfOf('spreadsheet', `<table:table table:name="Fleet">${rows}</table:table>`), 'x.ods'),
    ).toEqual(['Fleet', 'Ship · Crew', 'Ship: Ada · Crew: 36', 'Ship: Bob · Crew: 7']);
    const frame =
      '<draw:frame presentation:class="title"><draw:text-box><text:p>Title</text:p></draw:text-box></draw:frame>';
    const slide = `<draw:page>${frame}<text:p>text</text:p><presentation:notes><text:p>hint</text:p></presentation:notes></draw:page>`;
    expect(await blocks(odfOf('presentation', slide), 'x.odp')).toEqual(['Title', 'text', 'Notes: hint']);
  });
});

describe('books', () => {
  it('are read in the order of their spine, headed by themselves or by their table of contents', async () => {
    const toc = '<navPoint><navLabel><text>The end</text></navLabel><content src="text/c%200.xhtml#top"/></navPoint>';
    const book = epubOf(['<p>last words</p>', '<h1>Start</h1><p>first words</p>'], { order: [1, 0, 0], toc });
    expect(await parse(book, 'x.epub')).toMatchObject({ title: 'A book', text: 'Start\n\nfirst words\n\nlast words' });
    expect(await outline(book, 'x.epub')).toEqual(['1 Start', '1 The end']);
  });

  it('tell that they are protected, but for their fonts', async () => {
    const locked = epubOf(['<p>x</p>'], { encryption: 'http://www.w3.org/2001/04/xmlenc#aes128-cbc' });
    await expect(parse(locked, 'x.epub')).rejects.toMatchObject({ type: 'Document.Encrypted' });
    const fonts = epubOf(['<p>x</p>'], { encryption: 'http://www.idpf.org/2008/embedding' });
    expect((await parse(fonts, 'x.epub')).text).toBe('x');
  });
});

describe('e-mail', () => {
  const head = 'From: Ada <ada@example.org>\nSubject: =?utf-8?B?5riv?=\n';
  it('reads encoded headers, text in its charset, and a page where the text says nothing', async () => {
    expect(
      await parse(
        `${head}Content-Type: text/plain; charset=koi8-r\nContent-Transfer-Encoding: quoted-printable\n\n=F0=CF=D2=D4\n`,
        'x.eml',
      ),
    ).toMatchObject({
      title: '港',
      text: 'From: Ada <ada@example.org>\nSubject: 港\n\nПорт',
    });
    const parts = `--b\nContent-Type: text/plain\n\nsee page\n--b\nContent-Type: text/html\n\n<h1>Fees</h1><p>${'They rise. '.repeat(9)}</p>\n--b--\n`;
    expect(await outline(`${head}Content-Type: multipart/alternative; boundary=b\n\n${parts}`, 'x.eml')).toEqual([
      '1 Fees',
    ]);
  });

  it('leaves out what nobody sees, in its lines and names', async () => {
    const text = 'Content-Type: text/plain; charset=utf-8\n\nex\u00adpan\u200bsion \r\n\r\n\r\ncafe\u0301\u0007\n';
    expect(await blocks(`Subject: ship\u00adyard\n${text}`, 'x.eml')).toEqual([
      'Subject: shipyard',
      'expansion',
      'café',
    ]);
  });

  it('stops at messages within messages, and goes on after what cannot be read', async () => {
    const within = (depth: number): string =>
      depth === 0
        ? `${head}\ndeepest`
        : `${head}Content-Type: multipart/mixed; boundary=b${depth}\n\n--b${depth}\nContent-Type: message/rfc822\n\n${within(depth - 1)}\n` +
          `--b${depth}\nContent-Type: application/zip\nContent-Disposition: attachment; filename=a.zip\n\nPK\u0003\u0004\n--b${depth}--\n`;
    const text = await blocks(within(2), 'x.eml');
    expect(text).toContain('deepest');
    expect(text.filter((line) => line.startsWith('Attachment: a.zip (not read: a.zip is damaged'))).toHaveLength(2);
    const deep = (await blocks(within(5), 'x.eml')).join('\n');
    expect(deep).not.toContain('deepest');
    expect(deep).toContain('not read: there are more than 3 messages within each other');
  });
});

describe('JSON', () => {
  it.each([
    [
      'x.json',
      '{"name":"Fleet","ships":[{"name":"Ada","crew":{"n":36},"tags":["a","b"]},{"name":"Bob","none":null}]}',
      ['name: Fleet', 'ships', 'name: Ada\ncrew.n: 36\ntags: a, b', 'name: Bob'],
    ],
    [
      'x.json',
      ' [ {"id" : 12345678901234567890}, {"a\\u00e9": "x\\ny", "b": [[1,2],[3]]} ] ',
      ['id: 12345678901234567890', 'aé: x y\nb[0]: 1, 2\nb[1]: 3'],
    ],
    ['x.json', '{ // comment\n "a": 1 }', ['{ // comment\n "a": 1 }']],
    ['x.json', '"text"', ['text']],
    ['x.jsonl', '\uFEFF{"a":{"b":1}}\r\n{"a":[1,2]}\nno json\n', ['a.b: 1', 'a: 1, 2', 'no json']],
  ])('%s %s', async (name, source, expected) => {
    expect(await blocks(source, name)).toEqual(expected);
  });
});

it.each([
  ['x.pptx', zipOf([{ name: 'ppt/presentation.xml', content: '<a><sldId r:id="r1"/></a>' }]), 'Document.Corrupt'],
  ['x.odt', zipOf([{ name: 'mimetype', content: 'application/vnd.oasis.opendocument.text' }]), 'Document.Corrupt'],
  ['x.odt', odfOf('text', 'x').subarray(0, 150), 'Document.Corrupt'],
  ['x.epub', zipOf([{ name: 'META-INF/container.xml', content: '<a' }]), 'Document.Corrupt'],
  ['x.odt', odfOf('text', ' '.repeat(50_000_000)), 'Document.TooLarge'],
  ['x.eml', 'no headers', 'Document.Corrupt'],
])('tells what is wrong with %s', async (name, bytes, type) => {
  await expect(parse(bytes, name)).rejects.toMatchObject({ type });
});

it.each([
  ['x.json', `${'['.repeat(200_000)}1${']'.repeat(200_000)}`],
  ['x.json', `${'{"k":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
  ['x.json', `[${'1,'.repeat(200_000)}1]`],
  ['x.json', `{"${'k'.repeat(200_000)}":[${'1,'.repeat(100_000)}1]}`],
  ['x.pptx', pptxOf([{ shapes: '<p:sp>'.repeat(100_000) }])],
  ['x.odt', odfOf('text', '<text:p>a'.repeat(50_000) + '<text:list>'.repeat(50_000))],
  ['x.eml', `Subject: x\n${'Content-Type: multipart/mixed; boundary=b\n\n--b\n'.repeat(200)}`],
])('takes little time for %s without end', async (name, source) => {
  const started = performance.now();
  // Small archives of repetitive content unpack to many times their size.
  await parse(source, name, { maxUnpackedRatio: Infinity });
  expect(performance.now() - started).toBeLessThan(3000);
});
