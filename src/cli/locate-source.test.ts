import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

  it('is the file without a line, or the URL, where there are no lines', async () => {
    await expect(locateSource(place('/gone/b.md'))).resolves.toEqual({ opens: '/gone/b.md' });
    await expect(locateSource(place('/x/c.pdf', 'application/pdf'))).resolves.toEqual({ opens: '/x/c.pdf' });
    await expect(locateSource(place('https://a.example/x'))).resolves.toEqual({ opens: 'https://a.example/x' });
  });
});
