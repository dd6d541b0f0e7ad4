import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { documentName, shownName } from './document-name.js';

it.each([
  ['a file', '/home/ada/README.md', ['/home/ada/README.md'], 'README.md'],
  ['a file of a folder', '/home/ada/docs/a/b.md', ['/home/ada/docs'], 'docs/a/b.md'],
  ['the innermost source', '/home/ada/docs/a/b.md', ['/home/ada', '/home/ada/docs/a'], 'a/b.md'],
  ['a glob', '/home/ada/papers/x/y.pdf', ['/home/ada/papers/**/*.pdf'], 'papers/x/y.pdf'],
  ['a folder whose name begins alike', '/home/ada/docs2/b.md', ['/home/ada/docs'], 'b.md'],
  ['the whole machine', '/etc/hosts', ['/'], 'etc/hosts'],
  ['a web page', 'https://example.org/a/b', ['https://example.org/a/b'], 'https://example.org/a/b'],
  ['Windows', 'C:\\Users\\ada\\docs\\a.md', ['C:\\Users\\ada\\docs'], 'docs/a.md'],
])('names %s', (_, uri, sources, name) => {
  expect(documentName(uri, sources)).toBe(name);
});

it('never tells what is above the source', () => {
  const part = fc.stringMatching(/^[a-z. ]{1,8}$/u);
  fc.assert(
    fc.property(fc.array(part, { minLength: 1 }), fc.array(part, { minLength: 1 }), (above, below) => {
      const root = `/SECRET/${above.join('/')}`;
      expect(documentName(`${root}/${below.join('/')}`, [root, '/elsewhere'])).not.toContain('SECRET');
    }),
  );
});

it('knows documents that were added without a name', () => {
  expect(shownName({ uri: '/home/ada/docs/a.md' })).toBe('a.md');
  expect(shownName({ uri: '/home/ada/docs/a.md', name: 'docs/a.md' })).toBe('docs/a.md');
  expect(shownName({ uri: 'https://example.org/a' })).toBe('https://example.org/a');
});
