import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { parseDocument, type ParseOptions } from '../../src/retrieval/parse/parse-document.js';
import { docxOf, docxParagraph, pdfLines, pdfOf, zipOf } from '../support/documents.js';

const { signal } = new AbortController();
const parse = (bytes: Uint8Array, name: string, options: Partial<ParseOptions> = {}) =>
  parseDocument(bytes, { name, signal, ...options });

/** A page whose content unpacks to 3 GB, in 3 MB. */
function pdfBomb(): Buffer {
  const bytes = pdfOf([{ operators: 'MARK' }]).toString('latin1');
  const inner = deflateSync(Buffer.alloc(1_000_000_000, ' '));
  const stream = /<< \/Length \d+ \/Filter \/FlateDecode >>\nstream\n[^]*?\nendstream/u;
  const bomb = `<< /Length ${inner.length} /Filter /FlateDecode >>\nstream\n${inner.toString('latin1')}\nendstream`;
  return Buffer.from(
    bytes.replace(stream, () => bomb),
    'latin1',
  );
}

/** Takes the page's interpreter minutes. */
function slowPdf(): Buffer {
  return pdfOf([{ operators: `/F1 12 Tf ${'0.01 0 Td (x) Tj '.repeat(3_000_000)}` }]);
}

describe('parseDocument', () => {
  it('tells the kind by the content, then by the name', async () => {
    expect(await parse(pdfOf([pdfLines(['Hello PDF'])]), 'x.txt')).toMatchObject({
      mediaType: 'application/pdf',
      text: 'Hello PDF',
      title: 'x.txt',
      pages: [0],
    });
    expect(await parse(docxOf(docxParagraph('Hello DOCX')), 'x')).toMatchObject({
      mediaType: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
      text: 'Hello DOCX',
    });
    expect(await parse(Buffer.from('<!DOCTYPE html><title>T</title><p>Hi'), 'x')).toMatchObject({
      mediaType: 'text/html',
      text: 'Hi',
      title: 'T',
    });
    expect(await parse(Buffer.from('# T\n\nHi'), 'x.md')).toMatchObject({ mediaType: 'text/markdown', title: 'T' });
    expect(await parse(Buffer.from('# T\n\nHi'), '/a/x.txt')).toMatchObject({
      mediaType: 'text/plain',
      title: 'x.txt',
    });
    expect(await parse(Buffer.from('Hi'), 'https://example.org/a/b?c', { mediaType: 'text/markdown' })).toMatchObject({
      mediaType: 'text/markdown',
      title: 'b',
    });
  });

  it('reads a long web page outside of this process', async () => {
    const page = `<html><body><h1>Long</h1>${'<p>A paragraph of text, 也有中文。</p>'.repeat(60_000)}</body></html>`;
    const { text, headings } = await parse(Buffer.from(page), 'long.html');
    expect(text.match(/也有中文/gu)).toHaveLength(60_000);
    expect(headings).toEqual([{ level: 1, text: 'Long', offset: 0 }]);
  });

  it.each([
    ['nothing', Buffer.alloc(0), 'Document.Empty'],
    ['space only', Buffer.from(' \n'), 'Document.Empty'],
    ['a page without text', Buffer.from('<html><script>x</script></html>'), 'Document.Empty'],
    ['noise', randomBytes(10_000), 'Document.Unsupported'],
    ['an image', Buffer.from('89504e470d0a1a0a', 'hex'), 'Document.Unsupported'],
    ['an old Office file', Buffer.from('d0cf11e0a1b11ae1', 'hex'), 'Document.Unsupported'],
    [
      'an encrypted Office file',
      Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.from('EncryptedPackage', 'utf16le')]),
      'Document.Encrypted',
    ],
    ['a damaged PDF', pdfOf([pdfLines(['x'])]).subarray(0, 100), 'Document.Corrupt'],
    ['a bomb', zipOf([{ name: 'word/document.xml', content: Buffer.alloc(50_000_000) }]), 'Document.TooLarge'],
  ])('refuses %s by one line', async (_, bytes, type) => {
    const error = await parse(bytes, 'file.bin').catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'DocumentError', type });
    expect((error as Error).message).toMatch(/^file\.bin .*\.$/u);
  });

  it('refuses files over the limit', async () => {
    await expect(parse(Buffer.alloc(100, 'a'), 'a.txt', { limits: { maxBytes: 99 } })).rejects.toMatchObject({
      type: 'Document.TooLarge',
    });
  });

  it('ends what takes too long, and this process is free meanwhile', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 20);
    const started = performance.now();
    await expect(parse(slowPdf(), 'slow.pdf', { limits: { timeoutMs: 1500 } })).rejects.toMatchObject({
      type: 'Document.Timeout',
      message: 'slow.pdf was not read within 1.5 s. Split it, or raise the time limit.',
    });
    clearInterval(timer);
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(turns).toBeGreaterThan(20);
  });

  it('ends what takes too much memory', async () => {
    await expect(parse(pdfBomb(), 'bomb.pdf', { limits: { maxMemoryBytes: 400_000_000 } })).rejects.toMatchObject({
      type: 'Document.TooLarge',
      message: expect.stringMatching(/400 MB of memory/u),
    });
  });

  it('ends at once when it is told to', async () => {
    const controller = new AbortController();
    const parsing = parse(slowPdf(), 'slow.pdf', { signal: controller.signal });
    void sleep(500).then(() => controller.abort(new Error('enough')));
    await expect(parsing).rejects.toThrow('enough');
    await expect(parse(Buffer.from('x'), 'x.txt', { signal: controller.signal })).rejects.toThrow('enough');
  });
});
