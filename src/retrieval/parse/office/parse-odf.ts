import { DocumentError } from '../../document-error.js';
import { damagedDocument, openArchive, type Archive } from '../archive.js';
import type { ParsedText } from '../parsed-text.js';
import type { ParserContext } from '../parser-context.js';
import { ReadableText } from '../readable-text.js';
import { noteOnHidden } from './hidden-parts.js';
import { writeOdf } from './odf-content.js';
import { coreTitle } from './relations.js';

/**
 * A text, spreadsheet or presentation in the OpenDocument format: headings, paragraphs, lists, footnotes at the end; sheets row by row with
 * their column names; slides as pages. Hidden sheets and slides are left out, which a note mentions. Tracked deletions, comments and tables
 * of contents are left out as well.
 *
 * @throws {DocumentError}
 */
export async function parseOdf(bytes: Uint8Array, { name, limits }: ParserContext): Promise<ParsedText> {
  const archive = await openArchive(bytes, name, limits);
  try {
    if (await isEncrypted(archive)) {
      throw new DocumentError('Document.Encrypted', `${name} is protected by a password. Save it without one.`);
    }
    const content = await archive.read('content.xml');
    if (content === undefined) throw damagedDocument(name, 'it has no content');
    if (!/<\/(?:[\w-]{1,50}:)?document-content\s*>\s*$/u.test(content.slice(-1000))) {
      throw damagedDocument(name, 'its content ends in the middle');
    }
    const readable = new ReadableText();
    const hidden = writeOdf(content, readable, { name, maxCharacters: limits.maxUnpackedBytes });
    const parsed = readable.finish();
    return {
      ...parsed,
      ...noteOnHidden(hidden.what, hidden.names),
      title: (await coreTitle(archive, 'meta.xml')) || (parsed.headings[0]?.text ?? ''),
    };
  } finally {
    archive.close();
  }
}

async function isEncrypted(archive: Archive): Promise<boolean> {
  return /<(?:[\w-]{1,50}:)?encryption-data\b/u.test((await archive.read('META-INF/manifest.xml')) ?? '');
}
