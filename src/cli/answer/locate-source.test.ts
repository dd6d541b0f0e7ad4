import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { groundHits } from '../../domain/answer/grounding.js';
import { chunkDocument } from '../../retrieval/chunk/chunk-document.js';
import { estimateTokens } from '../../retrieval/chunk/estimate-tokens.js';
import { parseDocument } from '../../retrieval/parse/parse-document.js';
import { locateSource } from './locate-source.js';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'locate-'))));
afterAll(() => rm(folder, { recursive: true }));

const place = (uri: string, mediaType = 'text/markdown') => ({
  number: 1,
  knowledgeBase: 'docs',
  uri,
  title: 'T',
  mediaType,
  headings: [],
  start: 11,
  end: 22,
});

describe('where a source opens', () => {
  it('is the line of the file as it is, with front matter, and after the file has changed', async () => {
    const file = join(folder, 'a.md');
    await writeFile(file, '---\ntitle: T\n---\n# Heading\n\nThe passage.\n');
    await expect(locateSource(place(file))).resolves.toEqual({ opens: `${file}:6`, line: 6 });
    await writeFile(file, '# Heading\n\nNew.\n\nNew.\n\nThe passage.\n');
    await expect(locateSource({ ...place(file), text: 'The passage.' })).resolves.toEqual({
      opens: `${file}:7`,
      line: 7,
    });
    await expect(locateSource({ ...place(file), text: 'It went.' })).resolves.toEqual({ opens: file });
  });

  it('is the passage that is told of where others are the same, also after lines came before it', async () => {
    const file = join(folder, 'repeated.md');
    const section = (n: number) => `### GET /item${n}\r\n\r\nReturns it.\r\n\r\n#### Errors\r\n\r\n404\r\n\r\n`;
    const whole = `\ufeff# API\r\n\r\n${Array.from({ length: 9 }, (_, n) => section(n)).join('')}`;
    await writeFile(file, whole);
    const document = await parseDocument(Buffer.from(whole), { name: file, signal: new AbortController().signal });
    let found = 0;
    for await (const chunk of chunkDocument(document, { countTokens: estimateTokens, maxTokens: 12 })) {
      const hit = { knowledgeBase: 'docs', document: { ...place(file), metadata: {} }, chunk, stages: {}, score: 1 };
      const [source] = await groundHits([hit], { countTokens: (text) => text.length / 9, sentences: () => [] });
      if (source === undefined) throw new Error('no source');
      expect(whole.slice(source.start, source.end).replaceAll('\r\n', '\n')).toBe(source.text);
      const line = whole.slice(0, source.start).split('\n').length;
      expect(await locateSource(source)).toEqual({ opens: `${file}:${line}`, line });
      await writeFile(file, `New.\n\n${whole.slice(1)}`);
      expect(await locateSource(source)).toEqual({ opens: `${file}:${line + 2}`, line: line + 2 });
      await writeFile(file, whole);
      found++;
    }
    expect(found).toBeGreaterThan(9);
  });

  it('is the file without a line, or the URL, where there are no lines', async () => {
    await expect(locateSource(place('/gone/b.md'))).resolves.toEqual({ opens: '/gone/b.md' });
    await expect(locateSource(place('/x/c.pdf', 'application/pdf'))).resolves.toEqual({ opens: '/x/c.pdf' });
    await expect(locateSource(place('https://a.example/x'))).resolves.toEqual({ opens: 'https://a.example/x' });
  });
});
