import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Kysely, Transaction } from 'kysely';
import type { DatabaseSchema } from '../../database/schema.js';
import { fromStorableJson, toStorableJson, toStorableText } from '../../database/storable-text.js';
import type { DocumentInfo } from '../../domain/knowledge/retrieval.js';
import { knowledgeTables } from './knowledge-tables.js';
import type { KnowledgeStore, PublishedDocument, SearchTerms } from './knowledge-store.js';
import { findKnowledgeBase } from './open-knowledge.js';
import type { Knowledge, KnowledgeBaseRow } from './open-knowledge.js';
import { publishVersion, superseded } from './publish-version.js';
import { RetrievalError } from './retrieval-error.js';
import type { TermsRenewal } from './renew-terms.js';
import { firstGap, stageChunks } from './stage-chunks.js';

const MAX_URI_LENGTH = 8_192;
const MAX_INFO_BYTES = 65_536;
const MAX_PAGE = 1_000;
const ABANDONED_MS = 3_600_000;

/** The part of `KnowledgeStore` for documents. */
export function createDocuments(
  knowledge: Knowledge,
  terms: SearchTerms,
  renewal: TermsRenewal,
): Pick<
  KnowledgeStore,
  | 'listDocuments'
  | 'findDocument'
  | 'removeDocument'
  | 'beginDocument'
  | 'stageChunks'
  | 'publishDocument'
  | 'removeAbandoned'
> {
  const inTransaction = <Result>(
    action: (transaction: Transaction<DatabaseSchema>) => Promise<Result>,
  ): Promise<Result> => knowledge.use((kysely) => kysely.transaction().execute(action));
  return {
    listDocuments: (name, { uriPrefix = '', after = '', limit = MAX_PAGE } = {}) =>
      knowledge.use(async (kysely) => {
        const { id } = await findKnowledgeBase(kysely, name);
        const { rows } = await sql<DocumentRow>`
          select info::text as info, chunks, touched_at from colloquy.documents
          where knowledge_base = ${id} and is_published
            and starts_with(uri, ${toStorableText(uriPrefix)}) and uri > ${toStorableText(after)}
          order by uri limit ${Math.min(Math.max(Math.trunc(limit), 1), MAX_PAGE)}`.execute(kysely);
        return rows.map(toDocument);
      }),

    findDocument: (name, uri) =>
      knowledge.use(async (kysely) => {
        const { id } = await findKnowledgeBase(kysely, name);
        const { rows } = await sql<DocumentRow>`
          select info::text as info, chunks, touched_at from colloquy.documents
          where knowledge_base = ${id} and uri_hash = ${hashUri(uri)} and is_published`.execute(kysely);
        return rows[0] && toDocument(rows[0]);
      }),

    removeDocument: (name, uri) =>
      inTransaction(async (transaction) => {
        const base = await findKnowledgeBase(transaction, name, 'publish');
        const { publishedChunks } = await deleteVersions(transaction, base, sql`uri_hash = ${hashUri(uri)}`);
        return { removed: publishedChunks !== undefined };
      }),

    beginDocument(name, document) {
      refuseBadDocument(document);
      return inTransaction(async (transaction) => {
        const base = await findKnowledgeBase(transaction, name, 'stage');
        renewal.begin(base);
        const uri = toStorableText(document.uri);
        const info = toStorableJson(pickInfo(document));
        const metadata = toStorableJson(document.metadata);
        const key = sql`knowledge_base = ${base.id} and uri_hash = ${hashUri(document.uri)} and content_hash = ${toStorableText(document.contentHash)}`;
        const unchanged = await sql`
          update colloquy.documents set info = ${info}::jsonb, metadata = ${metadata}::jsonb
          where ${key} and is_published
            and coalesce((info ->> 'reader')::integer, 1) = ${document.reader ?? 1}`.execute(transaction);
        if (unchanged.numAffectedRows === 1n) return { state: 'unchanged' };
        // Staging cannot continue from chunks that an earlier version of the readers cut in another way.
        await deleteVersions(
          transaction,
          base,
          sql`${key} and not is_published and coalesce((info ->> 'reader')::integer, 1) <> ${document.reader ?? 1}`,
        );
        const { rows } = await sql<{ id: number }>`
          insert into colloquy.documents (knowledge_base, uri, uri_hash, content_hash, info, metadata, terms_version)
          values (${base.id}, ${uri}, ${hashUri(document.uri)}, ${toStorableText(document.contentHash)}, ${info}::jsonb, ${metadata}::jsonb, ${terms.version})
          on conflict (knowledge_base, uri_hash, content_hash) where not is_published
          do update set info = excluded.info, metadata = excluded.metadata, touched_at = now()
          returning id`.execute(transaction);
        return { state: 'staging', nextChunk: await firstGap(transaction, base, rows[0]?.id ?? 0) };
      });
    },

    async stageChunks(name, version, chunks) {
      return inTransaction(async (transaction) => {
        const base = await findKnowledgeBase(transaction, name, 'stage');
        const { rows } = await sql<{ id: number }>`
          update colloquy.documents set touched_at = now()
          where knowledge_base = ${base.id} and uri_hash = ${hashUri(version.uri)}
            and content_hash = ${toStorableText(version.contentHash)} and not is_published
          returning id`.execute(transaction);
        const document = rows[0]?.id;
        if (document !== undefined) return { added: await stageChunks(transaction, base, document, chunks, terms) };
        if (await isPublished(transaction, base, version)) return { added: 0 };
        throw superseded(version.uri);
      });
    },

    publishDocument: (name, version, chunkCount) =>
      inTransaction(async (transaction) => {
        const base = await findKnowledgeBase(transaction, name, 'publish');
        const replaces = (published: number): Promise<Deleted> =>
          deleteVersions(
            transaction,
            base,
            sql`uri_hash = ${hashUri(version.uri)} and is_published and id <> ${published}`,
          );
        return publishVersion(transaction, base, { ...version, uriHash: hashUri(version.uri) }, chunkCount, replaces);
      }),

    removeAbandoned: (name, { idleMs = ABANDONED_MS } = {}) =>
      inTransaction(async (transaction) => {
        const base = await findKnowledgeBase(transaction, name, 'publish');
        const isAbandoned = sql`not is_published and touched_at <= now() - ${idleMs} * interval '1 millisecond'`;
        return { removed: (await deleteVersions(transaction, base, isAbandoned)).versions };
      }),
  };
}

interface Deleted {
  readonly versions: number;
  /** Undefined if no version was published. */
  readonly publishedChunks: number | undefined;
}

/** Needs the lock `publish` for published versions, `stage` for others. */
async function deleteVersions(
  transaction: Transaction<DatabaseSchema>,
  base: KnowledgeBaseRow,
  condition: ReturnType<typeof sql>,
): Promise<Deleted> {
  const { rows } = await sql<{ id: number; is_published: boolean; chunks: number; terms: string }>`
    delete from colloquy.documents where knowledge_base = ${base.id} and ${condition}
    returning id, is_published, chunks, terms`.execute(transaction);
  if (rows.length === 0) return { versions: 0, publishedChunks: undefined };
  const ids = rows.map(({ id }) => id);
  const { chunks, vectors, postings } = knowledgeTables(base.id);
  for (const table of [chunks, vectors, postings]) {
    await sql`delete from ${table} where document = any(${ids}::integer[])`.execute(transaction);
  }
  const published = rows.filter((row) => row.is_published);
  if (published.length === 0) return { versions: rows.length, publishedChunks: undefined };
  const publishedChunks = published.reduce((sum, row) => sum + row.chunks, 0);
  const publishedTerms = published.reduce((sum, row) => sum + Number(row.terms), 0);
  await sql`
    update colloquy.knowledge_bases
    set documents = documents - ${published.length}, chunks = chunks - ${publishedChunks}, terms = terms - ${publishedTerms}
    where id = ${base.id}`.execute(transaction);
  return { versions: rows.length, publishedChunks };
}

async function isPublished(
  kysely: Kysely<DatabaseSchema>,
  base: KnowledgeBaseRow,
  { uri, contentHash }: Pick<DocumentInfo, 'uri' | 'contentHash'>,
): Promise<boolean> {
  const { rows } = await sql`
    select 1 from colloquy.documents
    where knowledge_base = ${base.id} and uri_hash = ${hashUri(uri)}
      and content_hash = ${toStorableText(contentHash)} and is_published`.execute(kysely);
  return rows.length > 0;
}

function hashUri(uri: string): string {
  // Hashes the stored form, because in UTF-8 all halves of surrogate pairs would be the same.
  return createHash('sha256').update(toStorableText(uri)).digest('hex');
}

function pickInfo({ uri, name, title, mediaType, contentHash, metadata, reader }: DocumentInfo): DocumentInfo {
  return {
    uri,
    ...(name !== undefined && { name }),
    title,
    mediaType,
    contentHash,
    metadata,
    ...(reader !== undefined && { reader }),
  };
}

interface DocumentRow {
  readonly info: string;
  readonly chunks: number;
  readonly touched_at: Date;
}

function toDocument({ info, chunks, touched_at }: DocumentRow): PublishedDocument {
  const parsed: DocumentInfo = JSON.parse(fromStorableJson(info));
  return { ...parsed, chunks, publishedAt: touched_at.toISOString() };
}

function refuseBadDocument(document: DocumentInfo): void {
  const { uri, contentHash, metadata } = document;
  const refuse = (reason: string): never => {
    throw new RetrievalError(
      'InvalidRequest',
      `Document ${JSON.stringify(uri.slice(0, 200))} cannot be kept: ${reason}.`,
    );
  };
  if (uri === '' || uri.length > MAX_URI_LENGTH) refuse(`its URI must have 1 to ${MAX_URI_LENGTH} characters`);
  if (contentHash === '' || contentHash.length > 128) refuse('"contentHash" must have 1 to 128 characters');
  if (Object.values(metadata).some((value) => typeof value !== 'string')) refuse('values of metadata must be strings');
  const bytes = Buffer.byteLength(JSON.stringify(pickInfo(document)));
  if (bytes > MAX_INFO_BYTES)
    refuse(`title and metadata take ${bytes} bytes as JSON, ${MAX_INFO_BYTES} at most are kept`);
}
