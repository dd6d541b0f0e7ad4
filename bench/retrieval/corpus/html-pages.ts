import { createHash } from 'node:crypto';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unpack, type CorpusFile, type CorpusPackage } from './fetch-corpus.js';

/** Documentation as many generators write it: beside each package, which one. */
export const HTML_PACKAGES: readonly CorpusPackage[] = [
  { from: 'debian', name: 'sqlite3-doc', version: '3.40.1-2+deb12u2' }, // by hand
  { from: 'debian', name: 'zsh-doc', version: '5.9-4' }, // texi2any
  { from: 'debian', name: 'bash-doc', version: '5.2.15-2' }, // man2html, texi2html
  { from: 'debian', name: 'git-doc', version: '1:2.39.5-0+deb12u3' }, // AsciiDoc
  { from: 'debian', name: 'vim-doc', version: '2:9.0.1378-2+deb12u2' }, // vim2html
  { from: 'debian', name: 'libxml2-doc', version: '2.9.14+dfsg-1.3~deb12u6' }, // XSLT
  { from: 'debian', name: 'mkdocs-doc', version: '1.4.2+dfsg-2' }, // MkDocs
  { from: 'debian', name: 'exim4-doc-html', version: '4.96-1' }, // DocBook
  { from: 'debian', name: 'debian-reference-en', version: '2.100' }, // DocBook
  { from: 'debian', name: 'ant-doc', version: '1.10.13-1' }, // by hand, Javadoc
  { from: 'debian', name: 'junit4-doc', version: '4.13.2-3' }, // Javadoc
  { from: 'debian', name: 'libcommons-io-java-doc', version: '2.11.0-2' }, // Javadoc
  { from: 'debian', name: 'python-requests-doc', version: '2.28.1+dfsg-1' }, // Sphinx, alabaster
  { from: 'debian', name: 'python-flask-doc', version: '2.2.2-3' }, // Sphinx, pallets
  { from: 'debian', name: 'python-click-doc', version: '8.1.3-2' }, // Sphinx, pallets
  { from: 'debian', name: 'python-attr-doc', version: '22.2.0-1' }, // Sphinx, furo
  { from: 'debian', name: 'python-lxml-doc', version: '4.9.2-1+deb12u1' }, // Docutils with a menu
  { from: 'debian', name: 'docutils-doc', version: '0.19+dfsg-6' }, // Docutils
  { from: 'debian', name: 'libjsoncpp-doc', version: '1.9.5-4' }, // Doxygen
  { from: 'debian', name: 'libgcrypt20-doc', version: '1.10.1-3+deb12u1' }, // texi2any
  { from: 'debian', name: 'postgresql-doc-15', version: '15.20-0+deb12u1' }, // DocBook
  { from: 'debian', name: 'libglib2.0-doc', version: '2.74.6-2+deb12u9' }, // GTK-Doc
  { from: 'debian', name: 'freetype2-doc', version: '2.12.1+dfsg-5+deb12u4' }, // docwriter, MkDocs
  { from: 'debian', name: 'gettext-doc', version: '0.21-12' }, // texi2html
  { from: 'debian', name: 'groff', version: '1.22.4-10' }, // by hand, grohtml
  { from: 'npm', name: 'npm', version: '10.9.2' }, // cmark-gfm
  { from: 'npm', name: 'vis', version: '4.21.0' }, // by hand, Bootstrap
  { from: 'npm', name: 'bignumber.js', version: '9.1.2' }, // by hand
];

/** Of each package at most, so that no generator weighs more than the others. */
const PAGES_OF_A_PACKAGE = 3;
/** In bytes: shorter ones are frames and redirections. */
const LEAST_SIZE = 4_000;
const MOST_SIZE = 400_000;

/**
 * Pages of each package, each content once, by the order of the hashes of their paths: no page is chosen by what is in it. Pages with an even index in the
 * whole list are the half that rules may be tuned on.
 */
export async function htmlPages(folder: string, onNotice: (line: string) => void): Promise<CorpusFile[]> {
  const pages: CorpusFile[] = [];
  const seen = new Set<string>();
  for (const source of HTML_PACKAGES) {
    const unpacked = await unpack(source, folder, onNotice).catch((error: unknown) => {
      onNotice(`left out ${source.name}: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`);
    });
    if (unpacked === undefined) continue;
    const names = (await readdir(unpacked, { recursive: true })).filter((path) => /\.html?$/u.test(path));
    let count = 0;
    for (const path of names.toSorted((one, other) => (hashOf(one) < hashOf(other) ? -1 : 1))) {
      const file = await lstat(join(unpacked, path));
      if (!file.isFile() || file.size < LEAST_SIZE || file.size > MOST_SIZE) continue;
      const bytes = await readFile(join(unpacked, path));
      const hash = hashOf(bytes);
      if (seen.has(hash)) continue;
      seen.add(hash);
      const name = `${source.name}/${path.replace(/^usr\/share\/(?:doc\/)?/u, '')}`;
      const half = pages.length % 2 === 0 ? 'tuned' : 'held out';
      pages.push({ name, bytes, half });
      if (++count === PAGES_OF_A_PACKAGE) break;
    }
  }
  return pages;
}

function hashOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
