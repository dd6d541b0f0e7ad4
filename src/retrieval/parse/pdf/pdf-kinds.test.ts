import { describe, expect, it } from 'vitest';
import { pdfLines, pdfOf, type PdfPage } from '../../../../test/support/documents.js';
import { DEFAULT_DOCUMENT_LIMITS } from '../../document-limits.js';
import { parsePdf } from '../parse-pdf.js';
import { joinLines, joinPages, wordsOf } from './join-lines.js';
import { pageLines } from './page-lines.js';
import type { PdfLine } from './pdf-line.js';

const textOf = async (...pages: readonly PdfPage[]): Promise<string> =>
  (await parsePdf(pdfOf(pages), 'paper.pdf', DEFAULT_DOCUMENT_LIMITS)).text;

/** Creates a column of lines, each as wide as its text. */
function column(left: number, texts: readonly string[], top = 700): PdfLine[] {
  return texts.map((text, index) => ({
    text,
    left,
    right: left + text.length * 5,
    baseline: top - index * 14,
    height: 10,
  }));
}

describe('forms', () => {
  const text = (label: string, y: number): string => `1 0 0 1 50 ${y} Tm (${label}) Tj`;
  const page = (labels: string, ...fields: readonly string[]): PdfPage => ({
    operators: `/F1 12 Tf ${labels}`,
    fields,
  });

  it.each([
    ['a text', '/FT /Tx /T (n) /V (Ada Example) /Rect [150 695 300 712]', 'Name: Ada Example'],
    ['a text on lines', '/FT /Tx /Ff 4096 /T (n) /V (Ada\\nExample) /Rect [150 695 300 712]', 'Name: Ada\nExample'],
    [
      'a ticked box',
      '/FT /Btn /T (n) /V /On /AS /On /AP << /N << /On null /Off null >> >> /Rect [150 695 165 712]',
      'Name: ☒',
    ],
    [
      'an open box',
      '/FT /Btn /T (n) /V /Off /AS /Off /AP << /N << /On null /Off null >> >> /Rect [150 695 165 712]',
      'Name: ☐',
    ],
    [
      'a choice',
      '/FT /Ch /Ff 131072 /T (n) /V (b) /Opt [[(a) (Red)] [(b) (Blue)]] /Rect [150 695 300 712]',
      'Name: Blue',
    ],
    ['nothing', '/FT /Tx /T (n) /V () /Rect [150 695 300 712]', 'Name:'],
    ['a hidden text', '/FT /Tx /T (n) /F 2 /V (x) /Rect [150 695 300 712]', 'Name:'],
    ['a password', '/FT /Tx /Ff 8192 /T (n) /V (secret) /Rect [150 695 300 712]', 'Name:'],
  ])('tell %s beside its label', async (_, field, line) => {
    // If there are two flags, the last one counts.
    expect(await textOf(page(text('Name:', 700), field))).toBe(line);
  });

  it('tell a box before its label, a field below one, and one without a label by its tooltip', async () => {
    const box = '/FT /Btn /T (a) /V /Yes /AS /Yes /AP << /N << /Yes null /Off null >> >> /Rect [30 695 45 712]';
    expect(await textOf(page(text('I agree', 700), box))).toBe('☒ I agree');
    const below = '/FT /Tx /T (b) /V (12 Harbour Road) /Rect [50 670 300 690]';
    expect(await textOf(page(text('Address', 700) + text(' The end', 600), below))).toBe(
      'Address\n12 Harbour Road\n\nThe end',
    );
    expect(await textOf(page('', '/FT /Tx /T (c) /TU (Rent) /V (900) /Rect [50 100 90 120]'))).toBe('Rent: 900');
  });
});

describe('hyphens', () => {
  const others = column(300, ['A state-of-the-art well-known thing, and compile it. Wi-Fi here.'], 100);
  it.each([
    [['we com-', 'pile it'], 'we compile it'],
    [['its infor-', 'mation is'], 'its information is'],
    [['state-', 'of-the-art'], 'state-of-the-art'],
    [['state-of-the-', 'art'], 'state-of-the-art'],
    [['a self-', 'made one'], 'a self-made one'],
    [['pre- and post-', 'war'], 'pre- and postwar'],
    [['all of the pre-', 'and postwar'], 'all of the pre- and postwar'],
    [['Jean-', 'Paul said'], 'Jean-Paul said'],
    [['COVID-', '19 is'], 'COVID-19 is'],
    [['an e-', 'mail'], 'an e-mail'],
    [['soft\u00ad', 'ware'], 'software'],
    [['well\u2010', 'known'], 'well\u2010known'],
  ])('%j', (texts, joined) => {
    const lines = column(50, texts);
    expect(joinLines(lines, wordsOf([lines, others]))).toBe(joined);
  });

  it('are those of their column, whatever the width of the page, and over columns and pages', () => {
    const title = { text: 'A title over the whole page', left: 50, right: 550, baseline: 760, height: 10 };
    const left = column(50, ['the commit-', 'tee reviewed the infor-', 'mation. It is agri-']);
    const right = column(320, ['culture that counts and', 'goes on.']);
    const lines = [title, ...left, ...right];
    expect(joinLines(lines)).toBe(
      'A title over the whole page\n\nthe committee reviewed the information. It is agriculture that counts and goes on.',
    );
    expect(joinPages(['the ele-', 'phant. It', 'x'], wordsOf([]))).toEqual(['the elephant.', 'It', 'x']);
  });

  it('take time in proportion to the lines', () => {
    const lines = Array.from({ length: 40_000 }, (_, n) => ({
      text: `word${n}-`,
      left: n % 600,
      right: (n % 600) + 20,
      baseline: 700 - (n % 40),
      height: 10,
    }));
    const start = performance.now();
    joinLines(lines);
    expect(performance.now() - start).toBeLessThan(5000);
  });
});

describe('letters that stand apart', () => {
  const page = (...operators: readonly string[]): PdfPage => ({ operators: `/F1 12 Tf 4 Tc ${operators.join(' ')}` });
  it('are words where the file says so', async () => {
    const lines = ['(North Buona Vista) Tj', '(Drive of Singa) Tj (pore) Tj', '[(The Me) 50 (tro) -400 (Tower)] TJ'];
    const text = await textOf(page(...lines.map((line, index) => `1 0 0 1 50 ${700 - index * 30} Tm ${line}`)));
    expect(text.replace(/\s+/gu, ' ')).toBe('North Buona Vista Drive of Singapore The Metro Tower');
  });

  it('of tables and formulas stay apart', async () => {
    const cells = ['a', 'b', 'c', 'd', 'e'].map((letter, index) => `1 0 0 1 ${50 + index * 15} 700 Tm (${letter}) Tj`);
    expect(await textOf({ operators: `/F1 12 Tf ${cells.join(' ')}` })).toBe('a b c d e');
    const row = (y: number): string => `1 0 0 1 50 ${y} Tm (a b c d e f) Tj`;
    const rows = [700, 680, 660, 640].map((y) => row(y)).join(' ');
    expect(await textOf({ operators: `/F1 12 Tf ${rows}` })).toBe('a b c d e f '.repeat(4).trim());
  });
});

describe('East Asian lines', () => {
  const item = (str: string) => ({ str, transform: [1, 0, 0, 1, 50, 700], width: 10, height: 10, hasEOL: true });
  it.each([
    [['数据备', '份系统'], '数据备份系统'],
    [['東京で', 'カレー'], '東京でカレー'],
    [['서울특', '별시는', '서울특별시'], '서울특별시는 서울특별시'],
    [['서울에', '간다'], '서울에 간다'],
  ])('%j', (texts, joined) => {
    const lines = texts.map((text, index) => ({ text, left: 50, right: 150, baseline: 700 - index * 14, height: 10 }));
    expect(joinLines(lines)).toBe(joined);
  });

  it.each([
    ['⼈⼯智能', '人工智能'],
    ['⻅⾯', '见面'],
    ['⾼⻓', '高长'],
  ])('%s has ideographs for radicals', (text, plain) => {
    expect(pageLines([item(text)], [])[0]?.text).toBe(plain);
  });
});

describe('scans', () => {
  const scan: PdfPage = { operators: '', isScan: true };
  const refused = (...pages: readonly PdfPage[]) => textOf(...pages).catch((error: unknown) => error);

  it.each([
    [[scan], /paper\.pdf is a scan: its page hold.*ocrmypdf/u],
    [[scan, scan, scan], /is a scan: its 3 pages hold pictures and no text.*ocrmypdf/u],
    [[{ operators: '' }, scan], /is a scan: its 2 pages/u],
    [[{ operators: '' }], /has no text on its page\..*Leave it out/u],
  ])('are told as such', async (pages, message) => {
    expect(await refused(...pages)).toMatchObject({ type: 'Document.Empty', message: expect.stringMatching(message) });
  });

  it.each([
    [[1], /^page 1 of 10 has no text and seems to be a scan; .*"ocrmypdf --skip-text/u],
    [[3], /^page 3 of 10 has no text and seems to be a scan; .*"ocrmypdf --skip-text/u],
    [[2, 3, 4, 10], /^pages 2-4, 10 of 10 have no text and seem to be scans; .*"ocrmypdf --skip-text/u],
  ])('among pages of text are told by their numbers: %j', async (scanned, note) => {
    const pages = Array.from({ length: 10 }, (_, index) =>
      scanned.includes(index + 1) ? scan : pdfLines([`Page ${index + 1} speaks.`]),
    );
    const { notes } = await parsePdf(pdfOf(pages), 'paper.pdf', DEFAULT_DOCUMENT_LIMITS);
    expect(notes).toEqual([expect.stringMatching(note)]);
  });

  it('are not taken for pages that are empty, or that have text over a picture', async () => {
    const pages = [pdfLines(['Read me.']), { operators: '' }, { ...pdfLines(['Over it.']), isScan: true }];
    const { notes } = await parsePdf(pdfOf(pages), 'paper.pdf', DEFAULT_DOCUMENT_LIMITS);
    expect(notes).toBeUndefined();
  });

  it('of which there are many are looked at in part, and told in few words', async () => {
    const pages = Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? pdfLines(['x']) : scan));
    const { notes } = await parsePdf(pdfOf(pages), 'paper.pdf', DEFAULT_DOCUMENT_LIMITS);
    expect(notes?.[0]).toMatch(/^pages 2, 4, .*, 40 and 30 more of 100 have no text/u);
  });

  it('beside pages of text are left out', async () => {
    expect(await textOf(pdfLines(['Read me.']), scan, pdfLines(['And me.']))).toBe('Read me.\n\nAnd me.');
  });
});
