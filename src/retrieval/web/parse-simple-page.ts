import type { ParsedDocument } from '../../domain/knowledge/retrieval.js';
import { decodeText } from '../../net/decode-text.js';
import { GuardedFetchError } from '../../net/guarded-fetch-error.js';
import { htmlText } from '../../net/html-text.js';
import type { ParsePage } from './page-reader.js';

/**
 * The text of HTML pages and plain texts, without headings. No PDF.
 *
 * @throws {GuardedFetchError} `not-text` for a PDF.
 */
export const parseSimplePage: ParsePage = async (bytes, { uri, mediaType, charset }): Promise<ParsedDocument> => {
  if (mediaType === 'application/pdf')
    throw new GuardedFetchError('not-text', `${uri} is a PDF, which cannot be read.`);
  const { text: source } = (await decodeText(bytes, { charset })) ?? { text: new TextDecoder().decode(bytes) };
  const isHtml = /html/u.test(mediaType);
  const text = (isHtml ? htmlText(source) : source.replace(/\r\n?/gu, '\n')).normalize('NFC').toWellFormed();
  const given = isHtml ? /<title[^>]{0,200}>([^<]{1,500})/iu.exec(source.slice(0, 100_000))?.[1] : undefined;
  const title = given === undefined ? '' : htmlText(given);
  return { title: title === '' ? uri : title, mediaType, text, headings: [] };
};
