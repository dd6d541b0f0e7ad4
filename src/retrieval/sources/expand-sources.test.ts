import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expandSources } from './expand-sources.js';

const { signal } = new AbortController();
let folder = '';

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'expand-')));
  const files =
    'docs/b.md docs/a.md docs/deep/c.txt docs/deep/报告.pdf docs/.hidden/x.md docs/.env docs/node_modules/m/readme.md ' +
    'docs/picture.png docs/deep/{odd}.md other/secret.txt';
  for (const file of files.split(' ')) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), 'x');
  }
  await symlink('../other/secret.txt', join(folder, 'docs/out.txt'));
  await symlink('a.md', join(folder, 'docs/same.md'));
  await symlink('..', join(folder, 'docs/deep/up'));
  await symlink('nothing', join(folder, 'docs/broken.md'));
});
afterAll(() => rm(folder, { recursive: true }));

async function expand(...sources: string[]) {
  const { uris, failures } = await expandSources(sources, { folder, signal });
  return {
    uris: uris.map((uri) => (uri.startsWith('http') ? uri : relative(folder, uri))),
    failures: failures.map(({ source, error }) => [
      relative(folder, join(folder, relative(folder, source))),
      error.type,
    ]),
  };
}

describe('expandSources', () => {
  it('lists a folder: sorted, each file once, without what is hidden or no document, refusing links that leave', async () => {
    const { uris, failures } = await expand('docs');
    expect(uris).toEqual(['docs/a.md', 'docs/b.md', 'docs/deep/c.txt', 'docs/deep/{odd}.md', 'docs/deep/报告.pdf']);
    expect(failures).toEqual([
      ['docs/broken.md', 'Document.NotFound'],
      ['docs/deep/up', 'Document.Forbidden'],
      ['docs/out.txt', 'Document.Forbidden'],
    ]);
  });

  it.each([
    ['docs/*.md', ['docs/a.md', 'docs/b.md']],
    ['docs/**/*.{txt,pdf}', ['docs/deep/c.txt', 'docs/deep/报告.pdf']],
    [
      'docs/**',
      ['docs/a.md', 'docs/b.md', 'docs/deep/c.txt', 'docs/deep/{odd}.md', 'docs/deep/报告.pdf', 'docs/picture.png'],
    ],
    ['docs/[!b].md', ['docs/a.md']],
    ['docs/?.md', ['docs/a.md', 'docs/b.md']],
    ['docs/.*/*.md', ['docs/.hidden/x.md']],
    ['docs/deep/{odd}.md', ['docs/deep/{odd}.md']],
    ['docs/deep/\\{odd\\}.md', ['docs/deep/{odd}.md']],
  ])('matches %s', async (pattern, expected) => {
    expect((await expand(pattern)).uris).toEqual(expected);
  });

  it('takes what is named outright, and URLs without the part of the page', async () => {
    const { uris } = await expand(
      'docs/.env',
      'docs/out.txt',
      'https://example.org/a#b',
      'https://example.org/a',
      'docs/.env',
    );
    expect(uris).toEqual(['docs/.env', 'docs/out.txt', 'https://example.org/a']);
  });

  it('names what is not there, and goes on', async () => {
    const { uris, failures } = await expand('missing', 'docs/*.xyz', 'ftp://example.org/a', 'http://[', 'docs/a.md');
    expect(uris).toEqual(['docs/a.md']);
    expect(failures.map(([, type]) => type)).toEqual([
      'Document.NotFound',
      'Document.NotFound',
      'Document.Unsupported',
      'Document.NotFound',
    ]);
  });

  it('tells what cannot be read by its name from the source', async () => {
    const { failures } = await expandSources(['docs', 'missing.md', 'docs/*.xyz'], { folder, signal });
    expect(failures.map(({ error }) => error.message.replace(/to .*? Add/u, 'to … Add'))).toEqual([
      'There is no docs/broken.md. Check the path.',
      'docs/deep/up is a link that leads out of its folder, to … Add that as a source if you want it.',
      'docs/out.txt is a link that leads out of its folder, to … Add that as a source if you want it.',
      'There is no missing.md. Check the path.',
      'No file matches docs/*.xyz. Check the pattern.',
    ]);
  });

  it('stops at too many', async () => {
    const { failures } = await expandSources(['docs'], { folder, signal, maxFiles: 2 });
    expect(failures.map(({ error }) => error.type)).toContain('Document.TooLarge');
  });
});
