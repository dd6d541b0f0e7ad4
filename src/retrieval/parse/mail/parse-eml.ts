import PostalMime, { type Address, type Attachment, type Email } from 'postal-mime';
import type { Heading, ParsedDocument, Table } from '../../../domain/knowledge/retrieval.js';
import { DocumentError } from '../../document-error.js';
import { damagedDocument } from '../archive.js';
import { parseHtml } from '../parse-html.js';
import type { ParsedText } from '../parsed-text.js';
import type { ParserContext } from '../parser-context.js';
import { tidy } from '../readable-text.js';

/** Depth of nested messages; of deeper ones, only the names are given. */
const MAX_DEPTH = 3;
const MAX_ATTACHMENTS = 100;
/** If the plain text is shorter than this share of the HTML text, it is only a placeholder: "This message needs a browser". */
const LEAST_TEXT_SHARE = 0.3;

/** Parses an attachment in this process. */
export type ParseAttachment = (bytes: Uint8Array, context: ParserContext) => Promise<ParsedDocument>;

/**
 * An e-mail message: sender, recipients, date and subject; its text; then each attachment that is a document, under its name. An attachment
 * that cannot be read is listed with the reason.
 *
 * @throws {DocumentError}
 */
export async function parseEml(
  bytes: Uint8Array,
  context: ParserContext,
  parseAttachment: ParseAttachment,
): Promise<ParsedText> {
  const { name, depth = 0 } = context;
  const email = await parseMime(bytes, name);
  const head = [
    ['From', addresses(email.from === undefined ? [] : [email.from])],
    ['To', addresses(email.to)],
    ['Cc', addresses(email.cc)],
    ['Date', (email.date ?? '').replace(/^(.{10})T(.{5}).*Z$/u, '$1 $2 UTC')],
    ['Subject', email.subject ?? ''],
  ].flatMap(([label, value]) => (value === '' ? [] : [`${label}: ${value}`]));
  if (head.length === 0) throw damagedDocument(name, 'it has no sender, no subject and no date');
  const pieces = [tidy(head.join('\n'))];
  const headings: Heading[] = [];
  const notes: string[] = [];
  const tables: Table[] = [];
  const body = bodyOf(email);
  let length = pieces[0]?.length ?? 0;
  const add = (part: Pick<ParsedText, 'text' | 'headings' | 'tables'>, level: number): void => {
    if (part.text === '') return;
    for (const heading of part.headings) {
      headings.push({ ...heading, level: heading.level + level, offset: heading.offset + length + 2 });
    }
    for (const table of part.tables ?? []) {
      const shift = length + 2;
      tables.push({ start: table.start + shift, headerEnd: table.headerEnd + shift, end: table.end + shift });
    }
    pieces.push(part.text);
    length += 2 + part.text.length;
  };
  add(body, 0);
  const attachments = email.attachments.filter(({ related }) => related !== true);
  for (const [index, attachment] of attachments.entries()) {
    const title = attachment.filename ?? (attachment.mimeType === 'message/rfc822' ? 'message.eml' : 'attachment');
    const label = tidy(`Attachment: ${title.replace(/\s+/gu, ' ')}`);
    const read =
      index < MAX_ATTACHMENTS && depth < MAX_DEPTH
        ? await readAttachment(attachment, { ...context, name: title, depth: depth + 1 }, parseAttachment)
        : `not read: there are more than ${depth < MAX_DEPTH ? `${MAX_ATTACHMENTS} attachments` : `${MAX_DEPTH} messages within each other`}`;
    if (typeof read === 'string') add({ text: `${label} (${read})`, headings: [] }, 0);
    else {
      add({ text: label, headings: [{ level: 1, text: title, offset: 0 }] }, 0);
      add(read, 1);
      notes.push(...(read.notes ?? []).map((note) => `${title}: ${note}`));
    }
  }
  return {
    text: pieces.join('\n\n'),
    headings,
    title: email.subject ?? '',
    ...(tables.length > 0 && { tables }),
    ...(notes.length > 0 && { notes }),
  };
}

async function parseMime(bytes: Uint8Array, name: string): Promise<Email> {
  try {
    return await PostalMime.parse(bytes, { forceRfc822Attachments: true, attachmentEncoding: 'arraybuffer' });
  } catch (error) {
    throw damagedDocument(name, error instanceof Error ? error.message : String(error), error);
  }
}

function addresses(list: readonly Address[] | undefined): string {
  return (list ?? [])
    .flatMap((address) => (address.group === undefined ? [address] : address.group))
    .map(({ name, address }) => (name === '' || name === address ? address : `${name} <${address}>`))
    .join(', ');
}

function bodyOf({ text = '', html }: Email): Pick<ParsedText, 'text' | 'headings' | 'tables'> {
  const plain = { text: tidy(text), headings: [] };
  if (html === undefined) return plain;
  const page = parseHtml(html);
  return plain.text.length >= page.text.length * LEAST_TEXT_SHARE && plain.text !== '' ? plain : page;
}

/** The parsed attachment, or why it could not be read. */
async function readAttachment(
  { content, mimeType }: Attachment,
  context: ParserContext,
  parseAttachment: ParseAttachment,
): Promise<ParsedDocument | string> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : new Uint8Array(content);
  const name = mimeType === 'message/rfc822' && !/\.eml$/iu.test(context.name) ? `${context.name}.eml` : context.name;
  try {
    return await parseAttachment(bytes, { ...context, name });
  } catch (error) {
    if (error instanceof DocumentError) return `not read: ${error.message.replace(/\.$/u, '')}`;
    return `not read: ${error instanceof Error ? error.message : String(error)}`;
  }
}
