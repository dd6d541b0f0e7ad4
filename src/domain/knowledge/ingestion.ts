import { documentName } from './document-name.js';
import { knowledgeBaseNameSchema, metadataSchema, uriSchema } from './retrieval.js';
import { array, bounded, faultOf, object, optional } from '../schema.js';
import type { Schema } from '../schema.js';
import { hashText } from '../conversation-hash.js';
import { excerpt } from '../text.js';

/** Request to read documents into a knowledge base. JSON-safe. */
export interface IngestionRequest {
  readonly knowledgeBase: string;
  /** Absolute paths of files, folders and globs, as the worker sees them, and URLs. */
  readonly sources: readonly string[];
  /** Metadata of each of the documents, for filters of searches. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Why a document is not in the knowledge base, or only in its former version. */
export interface IngestionFault {
  /** A document, or one of the sources. */
  readonly source: string;
  /** See `failure-types.ts`; `Unexpected` for any other error. */
  readonly type: string;
  /** One line. */
  readonly reason: string;
}

export interface IngestionCounts {
  /** Total number of documents in the sources, once they are listed. */
  readonly total: number;
  readonly added: number;
  readonly replaced: number;
  readonly unchanged: number;
  readonly failed: number;
  /** Documents removed from the knowledge base because their files are gone. Not included in the total. */
  readonly removed: number;
}

/** A note on a document that was read. */
export interface IngestionNote {
  readonly source: string;
  /** One line. */
  readonly note: string;
}

/** Status of an ingestion. */
export interface IngestionStatus {
  readonly knowledgeBase: string;
  readonly sources: readonly string[];
  readonly state: 'listing' | 'reading' | 'tidying' | 'ended';
  readonly documents: IngestionCounts;
  /** Chunks of the documents that were added or replaced. */
  readonly chunks: number;
  /** Documents that are being read. */
  readonly current: readonly string[];
  /** Why the ingestion is waiting, if it is. */
  readonly waitingFor?: string;
  /** The first hundred. */
  readonly faults: readonly IngestionFault[];
  /** The first hundred notes, on documents that were read, but perhaps incorrectly. Missing: none. */
  readonly notes?: readonly IngestionNote[];
}

/** Progress of one document while it is read, sent as its heartbeat. */
export interface DocumentProgress {
  readonly uri: string;
  /** Number of chunks stored so far. */
  readonly chunks: number;
  /** Share of its text that was read, from 0 to 1. */
  readonly share: number;
}

const MAX_FAULTS = 100;
const MAX_NOTES = 100;
/** An e-mail message may have one for each attachment. */
const MAX_NOTES_OF_ONE = 10;
const MAX_REASON = 400;
/** Stays below Temporal's payload limit of 2 MB. */
const MAX_REQUEST_BYTES = 500_000;

export const ingestionRequestFields = {
  knowledgeBase: knowledgeBaseNameSchema,
  sources: array(uriSchema, { least: 1, most: 100_000 }),
  metadata: optional(metadataSchema),
} as const;

export const ingestionRequestSchema: Schema<IngestionRequest> = bounded(
  object<IngestionRequest>(ingestionRequestFields),
  MAX_REQUEST_BYTES,
);

/** @returns what is wrong with a request, or undefined */
export function faultOfIngestion(request: IngestionRequest): string | undefined {
  // JSON from outside may lack the sources.
  const { sources } = request as Partial<IngestionRequest>;
  if (sources === undefined || (Array.isArray(sources) && sources.length === 0))
    return 'Nothing to add: name files, folders, globs or URLs.';
  const fault = faultOf(ingestionRequestSchema, request);
  return fault?.includes('bytes') === true ? `${fault} Name their folder, or a glob in quotes.` : fault;
}

/** Workflow id. It follows from the sources, so the same sources are never read twice at once, and a second request finds the running ingestion. */
export function ingestionWorkflowId({ knowledgeBase, sources, metadata = {} }: IngestionRequest): string {
  const said = JSON.stringify([sources.toSorted(), Object.entries(metadata).toSorted(([a], [b]) => (a < b ? -1 : 1))]);
  return `${ingestionPrefix(knowledgeBase)}${hashText(said).slice(0, 16)}`;
}

/** Common prefix of the workflow ids of a knowledge base's ingestions. */
export function ingestionPrefix(knowledgeBase: string): string {
  return `ingest-documents/${knowledgeBase}/`;
}

export function beginIngestion({ knowledgeBase, sources }: IngestionRequest): IngestionStatus {
  const documents = { total: 0, added: 0, replaced: 0, unchanged: 0, failed: 0, removed: 0 };
  return { knowledgeBase, sources, state: 'listing', documents, chunks: 0, current: [], faults: [] };
}

export function count(status: IngestionStatus, counts: Partial<IngestionCounts>, chunks = 0): IngestionStatus {
  const { documents } = status;
  return {
    ...status,
    chunks: status.chunks + chunks,
    documents: {
      total: counts.total ?? documents.total,
      added: documents.added + (counts.added ?? 0),
      replaced: documents.replaced + (counts.replaced ?? 0),
      unchanged: documents.unchanged + (counts.unchanged ?? 0),
      failed: documents.failed + (counts.failed ?? 0),
      removed: documents.removed + (counts.removed ?? 0),
    },
  };
}

export function recordFault(status: IngestionStatus, { source, type, reason }: IngestionFault): IngestionStatus {
  const fault = { source, type, reason: excerpt(reason, MAX_REASON) };
  const faults = status.faults.length < MAX_FAULTS ? [...status.faults, fault] : status.faults;
  return { ...status, faults };
}

export function recordNotes(status: IngestionStatus, source: string, notes: readonly string[] = []): IngestionStatus {
  if (notes.length === 0) return status;
  const added = notes.slice(0, MAX_NOTES_OF_ONE).map((note) => ({ source, note: excerpt(note, MAX_REASON) }));
  return { ...status, notes: [...(status.notes ?? []), ...added].slice(0, MAX_NOTES) };
}

export function documentsDone({ documents }: Pick<IngestionStatus, 'documents'>): number {
  return documents.added + documents.replaced + documents.unchanged + documents.failed;
}

/** One line, e.g. `3 of 5 documents · added 2, failed 1 · 40 chunks`. */
export function describeIngestion(status: IngestionStatus): string {
  const { documents, chunks, state } = status;
  const parts = (['added', 'replaced', 'unchanged', 'removed', 'failed'] as const)
    .filter((part) => documents[part] > 0)
    .map((part) => `${part} ${documents[part]}`);
  return [
    state === 'listing' ? 'looking for documents' : `${documentsDone(status)} of ${documents.total} documents`,
    ...(parts.length > 0 ? [parts.join(', ')] : []),
    `${chunks} chunks`,
  ].join(' · ');
}

/** One line, with the document's usual name. */
export function describeFault({ source, reason }: IngestionFault, sources: readonly string[]): string {
  const name = documentName(source, sources);
  // Reasons from before documents had names contain paths.
  const told = name === source ? reason : reason.replaceAll(source, name);
  return told.includes(name) ? told : `${name}: ${told}`;
}

/** One line, as for a fault. */
export function describeNote({ source, note }: IngestionNote, sources: readonly string[]): string {
  return `${documentName(source, sources)}: ${note}`;
}

/** Markdown for the Temporal UI. */
export function ingestionDetails(status: IngestionStatus): string {
  const { knowledgeBase, sources, current, waitingFor, faults, documents, notes = [] } = status;
  const lines = [`**${knowledgeBase}**: ${describeIngestion(status)}`];
  if (waitingFor !== undefined) lines.push(`Waits: ${code(waitingFor)}`);
  if (current.length > 0) lines.push('Being read:', ...current.map((uri) => `- ${code(documentName(uri, sources))}`));
  if (faults.length > 0) {
    lines.push('Not read:', ...faults.slice(0, 20).map((fault) => `- ${code(describeFault(fault, sources))}`));
    if (documents.failed > 20) lines.push(`- and ${documents.failed - 20} more`);
  }
  if (notes.length > 0) {
    lines.push(
      'Perhaps not read right:',
      ...notes.slice(0, 20).map((note) => `- ${code(describeNote(note, sources))}`),
    );
  }
  return lines.join('\n');
}

/** Protects file names from being rendered as Markdown. */
function code(text: string): string {
  return `\`${excerpt(text, 300).replaceAll('`', "'")}\``;
}
