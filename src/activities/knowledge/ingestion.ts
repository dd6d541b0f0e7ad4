import { createHash } from 'node:crypto';
import { Context } from '@temporalio/activity';
import type { DocumentProgress, IngestionFault, IngestionRequest } from '../../domain/knowledge/ingestion.js';
import { READER_VERSION } from '../../domain/knowledge/retrieval.js';
import { DocumentError } from '../../retrieval/document-error.js';
import { isGone, placeOfSource } from '../../retrieval/sources/gone-files.js';
import type { SourcePlace } from '../../retrieval/sources/gone-files.js';
import { isWebUrl, readSource } from '../../retrieval/sources/read-source.js';
import { createSourceLists, indexAfter } from '../../retrieval/sources/source-list.js';
import type { KnowledgeStore } from '../../retrieval/store/knowledge-store.js';
import { withHeartbeat } from '../with-heartbeat.js';
import { ingestDocument } from './ingest-document.js';
import type { IngestDocumentInput, IngestedDocument } from './ingest-document.js';
import type { RetrievalDependencies } from './retrieval.js';

export interface FindDocumentsInput extends IngestionRequest {
  /** Where the previous page ended. */
  readonly after?: string;
}

/** One page of the documents to read. */
export interface FoundDocuments {
  readonly uris: readonly string[];
  /** Number of documents of this page that are in the knowledge base unchanged. */
  readonly unchanged: number;
  /** Total over all pages, including the sources that cannot be read. */
  readonly total: number;
  /** Missing on the last page. */
  readonly after?: string;
  /** Number of sources that cannot be read; reported on the first page. */
  readonly failed: number;
  /** The first hundred of these sources. */
  readonly faults: readonly IngestionFault[];
}

/** Activities on task queue `colloquy/ingestion`. All are safe to repeat. */
export interface IngestionActivities {
  /** Finds up to 50 documents that are new, changed, or to be fetched. Fails with `Retrieval.NotFound`. */
  findDocuments(input: FindDocumentsInput): Promise<FoundDocuments>;
  /**
   * Reads a document, splits it into chunks, embeds and stores them in batches, and publishes the document at the end. Another attempt
   * continues at the batch where the previous one stopped. Its heartbeats carry `DocumentProgress`.
   */
  ingestDocument(input: IngestDocumentInput): Promise<IngestedDocument>;
  /**
   * Removes documents whose files are gone, if they are sources or in source folders. Finally updates the
   * index for the documents that were added.
   */
  tidyKnowledgeBase(input: IngestionRequest): Promise<{ readonly removed: number }>;
}

const PAGE = 50;
/** Number of documents checked for one page. */
const LOOKED_AT = 2_000;
const PAGE_MS = 5_000;
const FAULTS = 100;

export function createIngestionActivities(dependencies: RetrievalDependencies): IngestionActivities {
  const { store } = dependencies;
  const listSources = createSourceLists();
  return {
    findDocuments: (input) =>
      withHeartbeat(async (signal): Promise<FoundDocuments> => {
        const { knowledgeBase, sources, after } = input;
        await store.describeKnowledgeBase(knowledgeBase);
        const { uris: all, failures } = await listSources(sources, { isFirstPage: after === undefined, signal });
        const from = indexAfter(all, after);
        const until = Math.min(all.length, from + LOOKED_AT);
        const giveUpAt = performance.now() + PAGE_MS;
        const uris: string[] = [];
        let next = from;
        while (next < until && uris.length < PAGE && performance.now() < giveUpAt) {
          const uri = all[next++];
          if (uri !== undefined && !(await isUnchanged(store, input, uri, signal))) uris.push(uri);
        }
        const last = next < all.length ? all[next - 1] : undefined;
        return {
          uris,
          unchanged: next - from - uris.length,
          total: all.length + failures.length,
          ...(last !== undefined && { after: last }),
          failed: after === undefined ? failures.length : 0,
          faults: after === undefined ? failures.slice(0, FAULTS).map(toFault) : [],
        };
      }),

    ingestDocument: (input) => {
      const { attempt, heartbeatDetails } = Context.current().info;
      const before: DocumentProgress | undefined = heartbeatDetails;
      let progress: DocumentProgress = before ?? { uri: input.uri, chunks: 0, share: 0 };
      return withHeartbeat(
        (signal) =>
          ingestDocument(dependencies, input, {
            signal,
            isFirstAttempt: attempt === 1,
            onProgress: (told) => void (progress = told),
          }),
        { details: () => progress },
      );
    },

    tidyKnowledgeBase: ({ knowledgeBase, sources }) =>
      withHeartbeat(async (signal) => {
        let removed = 0;
        for (const source of sources) {
          const place = await placeOfSource(source);
          if (place === undefined) continue;
          for await (const uri of documentsAt(store, knowledgeBase, place)) {
            signal.throwIfAborted();
            if (!isWebUrl(uri) && (await isGone(uri))) {
              removed += (await store.removeDocument(knowledgeBase, uri)).removed ? 1 : 0;
            }
          }
        }
        await store.removeAbandoned(knowledgeBase);
        await store.prepareIndex(knowledgeBase);
        return { removed };
      }),
  };
}

/**
 * Whether the document is in the knowledge base with the same content and metadata. `ingestDocument` reports documents that cannot be read.
 */
async function isUnchanged(
  store: KnowledgeStore,
  { knowledgeBase, metadata = {} }: IngestionRequest,
  uri: string,
  signal: AbortSignal,
): Promise<boolean> {
  if (isWebUrl(uri)) return false;
  const published = await store.findDocument(knowledgeBase, uri);
  if (published === undefined || !isSame(published.metadata, metadata)) return false;
  if ((published.reader ?? 1) !== READER_VERSION) return false;
  try {
    const { bytes } = await readSource(uri, { signal });
    return createHash('sha256').update(bytes).digest('hex') === published.contentHash;
  } catch (error) {
    if (error instanceof DocumentError) return false;
    throw error;
  }
}

function isSame(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

async function* documentsAt(
  store: KnowledgeStore,
  name: string,
  { path, isFolder }: SourcePlace,
): AsyncGenerator<string> {
  if (!isFolder) {
    if ((await store.findDocument(name, path)) !== undefined) yield path;
    return;
  }
  const uriPrefix = path.endsWith('/') ? path : `${path}/`;
  let after: string | undefined;
  do {
    const page = await store.listDocuments(name, { uriPrefix, ...(after !== undefined && { after }) });
    for (const { uri } of page) yield uri;
    after = page.at(-1)?.uri;
  } while (after !== undefined);
}

function toFault({ source, error }: { readonly source: string; readonly error: DocumentError }): IngestionFault {
  return { source, type: error.type, reason: error.message };
}
