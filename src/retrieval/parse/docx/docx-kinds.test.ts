import { describe, expect, it } from 'vitest';
import { docxOf, docxParagraph, W, type DocxOptions } from '../../../../test/support/documents.js';
import { DEFAULT_DOCUMENT_LIMITS } from '../../document-limits.js';
import { parseDocx } from '../parse-docx.js';

const parse = (body: string, options?: DocxOptions) =>
  parseDocx(docxOf(body, options), 'report.docx', DEFAULT_DOCUMENT_LIMITS);
const textOf = async (body: string, options?: DocxOptions): Promise<string> => (await parse(body, options)).text;
const run = (text: string): string => `<w:r><w:t xml:space="preserve">${text}</w:t></w:r>`;
const paragraph = (content: string, properties = ''): string => `<w:p><w:pPr>${properties}</w:pPr>${content}</w:p>`;

describe('tracked changes', () => {
  it.each([
    [
      'a moved run',
      paragraph(`<w:moveFrom w:id="1">${run('Rent is due.')}</w:moveFrom>`) +
        paragraph(`<w:moveTo w:id="2">${run('Rent is due.')}</w:moveTo>`),
      'Rent is due.',
    ],
    [
      'a moved part of a sentence',
      paragraph(`${run('A ')}<w:moveFrom>${run('b ')}</w:moveFrom>${run('c ')}<w:moveTo>${run('b')}</w:moveTo>`),
      'A c b',
    ],
    [
      'a moved paragraph with its mark',
      paragraph(`<w:moveFrom>${run('gone')}</w:moveFrom>`, '<w:rPr><w:moveFrom w:id="3"/></w:rPr>') +
        docxParagraph('stays'),
      'stays',
    ],
    [
      'deleted tabs and breaks',
      paragraph(`${run('a')}<w:del><w:r><w:tab/><w:br/><w:delText>x</w:delText></w:r></w:del>${run('b')}`),
      'ab',
    ],
    [
      'a deleted mark',
      paragraph(run('One '), '<w:rPr><w:del w:id="4"/></w:rPr>') + docxParagraph('sentence.'),
      'One sentence.',
    ],
    [
      'a deleted mark at the end of a cell',
      `<w:tbl><w:tr><w:tc>${paragraph(run('a'), '<w:rPr><w:del/></w:rPr>')}</w:tc><w:tc>${docxParagraph('b')}</w:tc></w:tr></w:tbl>`,
      'a | b',
    ],
    [
      'hidden text',
      paragraph(
        `${run('seen')}<w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r><w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>!</w:t></w:r>`,
      ),
      'seen!',
    ],
  ])('reads %s as it stands', async (_, body, text) => expect(await textOf(body)).toBe(text));

  it.each([
    ['a heading', '<w:pPrChange><w:pPr><w:pStyle w:val="berschrift1"/></w:pPr></w:pPrChange>'],
    ['an outline level', '<w:pPrChange><w:pPr><w:outlineLvl w:val="2"/></w:pPr></w:pPrChange>'],
    ['a list', '<w:pPrChange><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="3"/></w:numPr></w:pPr></w:pPrChange>'],
    ['hidden', '<w:rPr><w:rPrChange><w:rPr><w:vanish/></w:rPr></w:rPrChange></w:rPr>'],
  ])('takes no account of what was %s before', async (_, properties) => {
    const { text, headings } = await parse(paragraph(run('Plain now.'), properties));
    expect({ text, headings }).toEqual({ text: 'Plain now.', headings: [] });
  });
});

describe('styles', () => {
  const based = (id: string, base: string, more = ''): string =>
    `<w:style w:type="paragraph" w:styleId="${id}"><w:name w:val="${id}"/><w:basedOn w:val="${base}"/>${more}</w:style>`;
  const styles =
    based('C', 'B') +
    based('B', 'A', '<w:pPr><w:outlineLvl w:val="2"/></w:pPr>') +
    based('A', 'H1') +
    '<w:style w:styleId="H1"><w:name w:val="heading 1"/></w:style>' +
    based('TocHeading', 'H1', '<w:pPr><w:outlineLvl w:val="9"/></w:pPr>') +
    based('Ring1', 'Ring2') +
    based('Ring2', 'Ring1', '<w:pPr><w:outlineLvl w:val="0"/></w:pPr>');

  it.each([
    ['A', 1],
    ['B', 3],
    ['C', 3],
    ['TocHeading', undefined],
    ['Ring1', 1],
    ['NotThere', undefined],
  ])('follows %s', async (style, level) => {
    const { headings } = await parse(docxParagraph('Safety', style), { styles });
    expect(headings.map((heading) => heading.level)).toEqual(level === undefined ? [] : [level]);
  });

  it('takes a long chain in its stride, and a list by a style that is based on one', async () => {
    const chain = Array.from({ length: 20_000 }, (_, n) => based(`S${n}`, `S${n + 1}`)).join('');
    const last =
      '<w:style w:styleId="S20000"><w:name w:val="List Bullet"/><w:pPr><w:numPr><w:numId w:val="7"/></w:numPr></w:pPr></w:style>';
    expect(await textOf(docxParagraph('one', 'S0') + docxParagraph('two', 'S5'), { styles: chain + last })).toBe(
      '- one\n- two',
    );
  });
});

describe('numbers of lists', () => {
  const level = (at: number, format: string, text: string, more = ''): string =>
    `<w:lvl w:ilvl="${at}"><w:start w:val="1"/><w:numFmt w:val="${format}"/><w:lvlText w:val="${text}"/>${more}</w:lvl>`;
  const list = (levels: string, nums = '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'): string =>
    `<w:abstractNum w:abstractNumId="0">${levels}</w:abstractNum>${nums}`;
  const item = (text: string, at = 0, numId = 1): string =>
    paragraph(run(text), `<w:numPr><w:ilvl w:val="${at}"/><w:numId w:val="${numId}"/></w:numPr>`);

  it.each([
    ['decimal', '%1.', ['1. a', '2. b']],
    ['lowerLetter', '(%1)', ['(a) a', '(b) b']],
    ['upperRoman', 'Article %1', ['Article I a', 'Article II b']],
    ['chineseCounting', '第%1条', ['第一条 a', '第二条 b']],
    ['decimalZero', '%1)', ['01) a', '02) b']],
    ['bullet', '\uf0b7', ['- a', '- b']],
    ['none', '', ['a', 'b']],
  ])('are written as %s %s', async (format, text, lines) => {
    const written = await textOf(item('a') + item('b'), { numbering: list(level(0, format, text)) });
    expect(written.split(/\n+/u)).toEqual(lines);
  });

  it('count levels, begin again below, and go on after text', async () => {
    const numbering = list(
      level(0, 'decimal', '%1.') + level(1, 'decimal', '%1.%2.') + level(2, 'lowerRoman', '%1.%2 %3)'),
    );
    const body =
      item('a') + item('b', 1) + item('c', 1) + item('d', 2) + docxParagraph('text') + item('e') + item('f', 1);
    expect((await textOf(body, { numbering })).split(/\n+/u)).toEqual([
      '1. a',
      '1.1. b',
      '1.2. c',
      '1.2 i) d',
      'text',
      '2. e',
      '2.1. f',
    ]);
  });

  it('go on over lists that share an abstract one, and begin anew where one says so', async () => {
    const nums =
      '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="0"/></w:num>' +
      '<w:num w:numId="3"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride></w:num>';
    const body = item('a') + item('b', 0, 2) + item('c', 0, 3) + item('d', 0, 3) + item('x', 0, 0);
    expect((await textOf(body, { numbering: list(level(0, 'decimal', '%1.'), nums) })).split(/\n+/u)).toEqual([
      '1. a',
      '2. b',
      '5. c',
      '6. d',
      'x',
    ]);
  });

  it('keep counting where told never to begin again, in decimal where a law wants it, and do not count what was deleted', async () => {
    const numbering = list(
      level(0, 'upperRoman', '%1') + level(1, 'decimal', '§ %1.%2', '<w:lvlRestart w:val="0"/><w:isLgl/>'),
    );
    const deleted = paragraph(
      `<w:del><w:r><w:delText>x</w:delText></w:r></w:del>`,
      '<w:numPr><w:ilvl w:val="1"/><w:numId w:val="1"/></w:numPr><w:rPr><w:del/></w:rPr>',
    );
    const body = item('a') + item('b', 1) + deleted + item('c') + item('d', 1);
    expect((await textOf(body, { numbering })).split(/\n+/u)).toEqual(['I a', '§ 1.1 b', 'II c', '§ 2.2 d']);
  });

  it('are those of headings whose styles the levels name', async () => {
    const styles = [1, 2]
      .map(
        (n) =>
          `<w:style w:styleId="H${n}"><w:name w:val="heading ${n}"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>`,
      )
      .join('');
    const numbering = list(
      level(0, 'decimal', '%1', '<w:pStyle w:val="H1"/>') + level(1, 'decimal', '%1.%2', '<w:pStyle w:val="H2"/>'),
    );
    const { headings } = await parse(
      docxParagraph('Scope', 'H1') + docxParagraph('Terms', 'H2') + docxParagraph('Fees', 'H2'),
      { styles, numbering },
    );
    expect(headings.map((heading) => heading.text)).toEqual(['1 Scope', '1.1 Terms', '1.2 Fees']);
  });
});

describe('equations', () => {
  const r = (text: string): string => `<m:r><m:t>${text}</m:t></m:r>`;
  const arg = (name: string, content: string): string => `<m:${name}>${content}</m:${name}>`;
  it.each([
    [r('Q=A·v'), 'Q=A·v'],
    [`<m:f>${arg('num', r('a+b'))}${arg('den', r('2c'))}</m:f>`, '(a+b)/2c'],
    [`<m:sSup>${arg('e', r('x'))}${arg('sup', r('2'))}</m:sSup>${r('+1')}`, 'x^2+1'],
    [`<m:rad><m:radPr><m:degHide m:val="1"/></m:radPr>${arg('deg', '')}${arg('e', r('b−4ac'))}</m:rad>`, '√(b−4ac)'],
    [
      `<m:nary><m:naryPr><m:chr m:val="∑"/></m:naryPr>${arg('sub', r('i=1'))}${arg('sup', r('n'))}${arg('e', r('i'))}</m:nary>`,
      '∑_(i=1)^n i',
    ],
    [`<m:d><m:dPr><m:begChr m:val="["/><m:endChr m:val="]"/></m:dPr>${arg('e', r('a'))}</m:d>`, '[a]'],
    [
      `<m:m><m:mr>${arg('e', r('1'))}${arg('e', r('0'))}</m:mr><m:mr>${arg('e', r('0'))}${arg('e', r('1'))}</m:mr></m:m>`,
      '[1, 0; 0, 1]',
    ],
    [`<m:func>${arg('fName', r('sin'))}${arg('e', r('x'))}</m:func>`, 'sin x'],
    [
      `<m:f>${arg('num', `<m:f>${arg('num', r('1'))}${arg('den', r('2'))}</m:f>`)}${arg('den', r('3'))}</m:f>`,
      '(1/2)/3',
    ],
  ])('%s', async (content, text) => {
    expect(await textOf(paragraph(`${run('It is ')}<m:oMath>${content}</m:oMath>${run(' here.')}`))).toBe(
      `It is ${text} here.`,
    );
  });

  it('read depth without end', async () => {
    const depth = 20_000;
    const deep = `<m:oMath>${'<m:f><m:num>'.repeat(depth)}<m:r><m:t>x</m:t></m:r>${'</m:num></m:f>'.repeat(depth)}</m:oMath>`;
    const bytes = docxOf(paragraph(deep));
    const { text } = await parseDocx(bytes, 'x.docx', { ...DEFAULT_DOCUMENT_LIMITS, maxUnpackedRatio: Infinity });
    expect(text).toContain('x');
  });
});

describe('names', () => {
  const body = (p: string): string => {
    const tag = p === '' ? '' : `${p}:`;
    return `<${tag}body><${tag}p><${tag}pPr><${tag}pStyle ${p === '' ? 'q' : p}:val="berschrift1"/></${tag}pPr><${tag}r><${tag}t>Found</${tag}t></${tag}r></${tag}p></${tag}body>`;
  };
  const transitional = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main';
  const strict = 'http://purl.oclc.org/ooxml/wordprocessingml/main';
  it.each([
    ['another prefix', `<ns0:document xmlns:ns0="${transitional}">${body('ns0')}</ns0:document>`],
    ['the default namespace', `<document xmlns="${transitional}" xmlns:q="${transitional}">${body('')}</document>`],
    ['a strict document', `<w:document xmlns:w="${strict}">${body('w')}</w:document>`],
    [
      'a prefix that is declared within',
      `<a:document xmlns:a="${transitional}">${body('b').replace('<b:body', `<b:body xmlns:b="${transitional}"`)}</a:document>`,
    ],
  ])('are read by namespace: %s', async (_, document) => {
    const { text, headings } = await parse('', { document });
    expect({ text, level: headings[0]?.level }).toEqual({ text: 'Found', level: 1 });
  });

  it('take no element of another namespace for one of Word', async () => {
    const foreign = `<x:p xmlns:x="urn:other"><x:r><x:t>other</x:t></x:r></x:p><w:p xmlns:w="urn:other"><w:r><w:t>shadowed</w:t></w:r></w:p>`;
    expect(await textOf(foreign + docxParagraph('own'))).toBe('own');
  });

  it('of parts do not tell capitals from small letters', async () => {
    const { text } = await parse(docxParagraph('x'), {
      more: [
        {
          name: 'Word/Footnotes.xml',
          content: `<w:footnotes ${W}>${docxParagraph('A note.')}</w:footnotes>`,
        },
      ],
    });
    expect(text).toBe('x\n\nA note.');
  });
});

describe('what stands beside the text', () => {
  it('keeps a paragraph with a text box whole, and the box once', async () => {
    const box = `<mc:AlternateContent><mc:Choice><w:txbxContent>${docxParagraph('In the box.')}</w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent>${docxParagraph('In the box.')}</w:txbxContent></mc:Fallback></mc:AlternateContent>`;
    expect(await textOf(paragraph(`${run('Before ')}<w:r>${box}</w:r>${run('after.')}`))).toBe(
      'In the box.\n\nBefore after.',
    );
  });

  it('tells headers and footers once, without bare page numbers', async () => {
    const part = (name: string, text: string) => ({
      name: `word/${name}.xml`,
      content: `<w:hdr ${W}>${docxParagraph(text)}</w:hdr>`,
    });
    const relation = (id: number, kind: string, name: string): string =>
      `<Relationship Id="r${id}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/${kind}" Target="${name}.xml"/>`;
    const { text } = await parse(docxParagraph('Body.'), {
      more: [
        part('header1', 'Contract 4711-A'),
        part('header2', 'Contract 4711-A'),
        part('footer1', '12'),
        {
          name: 'word/_rels/document.xml.rels',
          content: `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${relation(1, 'header', 'header1')}${relation(2, 'header', 'header2')}${relation(3, 'footer', 'footer1')}</Relationships>`,
        },
      ],
    });
    expect(text).toBe('Body.\n\nContract 4711-A');
  });

  it('tells boxes that are ticked and the choice of a list', async () => {
    const box = (more: string): string => `<w:ffData><w:checkBox><w:default w:val="0"/>${more}</w:checkBox></w:ffData>`;
    const choice =
      '<w:ffData><w:ddList><w:result w:val="1"/><w:listEntry w:val="red"/><w:listEntry w:val="blue"/></w:ddList></w:ffData>';
    const body = paragraph(
      `<w:r>${box('<w:checked/>')}</w:r>${run(' yes ')}<w:r>${box('')}</w:r>${run(' no ')}<w:r>${choice}</w:r>`,
    );
    expect(await textOf(body)).toBe('☒ yes ☐ no blue');
  });
});
