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

/** Chunks of one statement. A row of postings holds 6 bytes for each: at most 2.7 kB of it fit the index. */
export const MAX_POSTED_CHUNKS = 256;

/**
 * Says of chunks of a document which words they hold. None of them may have postings yet.
 *
 * @param chunks at most `MAX_POSTED_CHUNKS`
 * @returns how many words there are, with repetitions
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
    // Headings say what a chunk is about, often in words that it does not repeat. Apart from it: no word goes over from one to the other.
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
