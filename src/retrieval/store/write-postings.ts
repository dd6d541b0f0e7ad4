import { sql } from 'kysely';
import type { Transaction } from 'kysely';
import type { DatabaseSchema } from '../../database/schema.js';
import { toStorableText } from '../../database/storable-text.js';
import type { TextChunk } from '../../domain/knowledge/retrieval.js';
import type { SearchTerms } from './knowledge-store.js';
import { knowledgeTables } from './knowledge-tables.js';
import type { KnowledgeBaseRow } from './open-knowledge.js';
import { chunkLength, encodePostings, postingsOf } from './postings.js';
import type { Posting } from './postings.js';

/** Maximum number of chunks of one statement. A row of postings has 6 bytes for each chunk, and at most 2.7 kB of it fit into the index. */
export const MAX_POSTED_CHUNKS = 256;

/**
 * Writes the postings of a document's chunks, which must not have any yet.
 *
 * @param chunks at most `MAX_POSTED_CHUNKS`
 * @returns number of terms, with repetitions
 */
export async function writePostings(
  transaction: Transaction<DatabaseSchema>,
  base: KnowledgeBaseRow,
  document: number,
  chunks: readonly Pick<TextChunk, 'index' | 'headings' | 'text'>[],
  terms: SearchTerms,
): Promise<number> {
  const found = new Map<string, Posting[]>();
  let length = 0;
  for (const { index, headings, text } of chunks) {
    // Includes the headings, which tell the subject of a chunk, often in words that it does not repeat. They are separated from the text,
    // so that no term spans both.
    const inChunk = terms.documentTerms([...headings, text].join('\n\n'));
    length += chunkLength(inChunk);
    for (const [term, posting] of postingsOf(index, inChunk)) {
      const list = found.get(term);
      if (list === undefined) found.set(term, [posting]);
      else list.push(posting);
    }
  }
  await sql`
    insert into ${knowledgeTables(base.id).postings} (term, document, entries)
    select hashtextextended(given.term, 0), ${document}, given.entries
    from unnest(${[...found.keys()].map(toStorableText)}::text[], ${[...found.values()].map(encodePostings)}::bytea[])
      as given(term, entries)`.execute(transaction);
  return length;
}
