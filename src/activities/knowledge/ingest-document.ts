import { createHash } from 'node:crypto';
import { chunkSettingsOf } from '../../domain/knowledge/chunk-settings.js';
import type { DocumentProgress } from '../../domain/knowledge/ingestion.js';
import { READER_VERSION } from '../../domain/knowledge/retrieval.js';
import type { DocumentInfo, ParsedDocument, TextChunk } from '../../domain/knowledge/retrieval.js';
import type { EmbeddingModel } from '../../inference/embedding-model.js';
import { chunkDocument } from '../../retrieval/chunk/chunk-document.js';
import { estimateTokens } from '../../retrieval/chunk/estimate-tokens.js';
import { parseDocument } from '../../retrieval/parse/parse-document.js';
import { isWebUrl, readSource } from '../../retrieval/sources/read-source.js';
import type { KnowledgeBaseInfo, StagedChunk } from '../../retrieval/store/knowledge-store.js';
import { RetrievalError } from '../../retrieval/store/retrieval-error.js';
import type { RetrievalDependencies } from './retrieval.js';

export interface IngestDocumentInput {
  readonly knowledgeBase: string;
  /** Absolute path or URL. */
  readonly uri: string;
  /** For models and readers. */
  readonly name?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface IngestedDocument {
  readonly outcome: 'added' | 'replaced' | 'unchanged';
  /** Of the document as it is now. */
  readonly chunks: number;
  /** See `ParsedDocument.notes`. */
  readonly notes?: readonly string[];
}

export interface IngestDocumentOptions {
  readonly signal: AbortSignal;
  readonly isFirstAttempt: boolean;
  readonly onProgress: (progress: DocumentProgress) => void;
}

type Dependencies = Pick<RetrievalDependencies, 'store' | 'embeddingModel'>;

/** Embedded and kept together: what a kill costs is at most this much. */
const EMBEDDED_AT_ONCE = 16;
/** Without vectors a batch takes milliseconds. */
const KEPT_AT_ONCE = 256;
/** Of headings, before a chunk's text: they say what it is about, often in words that it does not repeat. */
const HEADING_CHARACTERS = 200;
/** Somebody else removed it meanwhile, or it was staged by other rules: it is begun again. */
const BEGINNINGS = 3;

/** What `IngestionActivities.ingestDocument` does. */
export async function ingestDocument(
  dependencies: Dependencies,
  input: IngestDocumentInput,
  options: IngestDocumentOptions,
): Promise<IngestedDocument> {
  const { store } = dependencies;
  const { knowledgeBase, uri, name: documentName, metadata = {} } = input;
  const { signal } = options;
  const base = await store.describeKnowledgeBase(knowledgeBase);
  const { bytes, name, mediaType, charset } = await readSource(uri, { signal, name: documentName });
  const contentHash = createHash('sha256').update(bytes).digest('hex');
  const document = await parseDocument(bytes, {
    // Two files of one name are told apart in messages.
    name: isWebUrl(uri) ? name : (documentName ?? uri),
    signal,
    ...(mediaType !== undefined && { mediaType }),
    ...(charset !== undefined && { charset }),
  });
  const named = documentName === undefined ? {} : { name: documentName };
  const info: DocumentInfo = {
    uri,
    ...named,
    contentHash,
    title: document.title,
    mediaType: document.mediaType,
    metadata,
    reader: READER_VERSION,
  };
  for (let beginning = 1; ; beginning++) {
    try {
      const ingested = await ingestText(dependencies, base, { info, document }, options);
      const { notes } = document;
      return notes === undefined ? ingested : { ...ingested, notes };
    } catch (error) {
      const mayBeginAgain =
        error instanceof RetrievalError &&
        (error.type === 'Retrieval.Superseded' || error.type === 'Retrieval.Incomplete') &&
        beginning < BEGINNINGS;
      if (!mayBeginAgain) throw error;
      if (error.type === 'Retrieval.Incomplete') await store.removeDocument(knowledgeBase, uri);
    }
  }
}

async function ingestText(
  { store, embeddingModel }: Dependencies,
  base: KnowledgeBaseInfo,
  { info, document }: { readonly info: DocumentInfo; readonly document: ParsedDocument },
  { signal, isFirstAttempt, onProgress }: IngestDocumentOptions,
): Promise<IngestedDocument> {
  const { name, dimensions } = base;
  const { uri } = info;
  const begun = await store.beginDocument(name, info);
  if (begun.state === 'unchanged') {
    const { chunks = 0 } = (await store.findDocument(name, uri)) ?? {};
    // An attempt before this one may have published it, and not lived to say so.
    return { outcome: isFirstAttempt ? 'unchanged' : 'added', chunks };
  }
  const model = dimensions === 0 ? undefined : await modelOf(base, embeddingModel);
  const { chunkTokens, overlapTokens } = chunkSettingsOf(base.settings);
  const cut = chunkDocument(document, {
    countTokens: model === undefined ? estimateTokens : countBy(model),
    maxTokens: Math.min(chunkTokens, model?.maxTokens ?? Infinity),
    overlapTokens,
    signal,
  });
  let count = 0;
  let batch: TextChunk[] = [];
  const keep = async (): Promise<void> => {
    signal.throwIfAborted();
    await store.stageChunks(name, info, model === undefined ? batch : await embedded(batch, model, signal));
    const end = batch.at(-1)?.end ?? 0;
    batch = [];
    onProgress({ uri, chunks: count, share: end / document.text.length });
  };
  for await (const chunk of cut) {
    count = chunk.index + 1;
    if (chunk.index < begun.nextChunk) continue;
    batch.push(chunk);
    if (batch.length === (model === undefined ? KEPT_AT_ONCE : EMBEDDED_AT_ONCE)) await keep();
  }
  if (batch.length > 0) await keep();
  const { replaced } = await store.publishDocument(name, info, count);
  // Made while there are few vectors, and grown from then on.
  await store.prepareIndex(name);
  return { outcome: replaced ? 'replaced' : 'added', chunks: count };
}

/** @throws {RetrievalError} `Retrieval.ModelMismatch` */
async function modelOf(
  { name, embeddingModelId, dimensions }: KnowledgeBaseInfo,
  open: Dependencies['embeddingModel'],
): Promise<EmbeddingModel> {
  const model = await open();
  if (model.modelId === embeddingModelId && model.dimensions === dimensions) return model;
  throw new RetrievalError(
    'Retrieval.ModelMismatch',
    `Knowledge base "${name}" was made with the embedding model "${embeddingModelId}" (${dimensions} dimensions); the retrieval worker runs "${model.modelId}" (${model.dimensions}). Set COLLOQUY_EMBEDDING_MODEL for it, or add to another knowledge base.`,
  );
}

async function embedded(
  chunks: readonly TextChunk[],
  model: EmbeddingModel,
  signal: AbortSignal,
): Promise<StagedChunk[]> {
  const texts = chunks.map((chunk) => embeddedText(chunk, model.maxTokens));
  const vectors = await model.embed(texts, { purpose: 'passage', signal });
  return chunks.map((chunk, index) => ({ ...chunk, embedding: vectors[index] }));
}

function embeddedText({ headings, text, tokens }: TextChunk, maxTokens: number): string {
  const title = headings.join(' › ').slice(-HEADING_CHARACTERS).toWellFormed();
  // No text has more tokens than bytes.
  const fits = tokens + Buffer.byteLength(title) + 1 <= maxTokens;
  return title !== '' && fits ? `${title}\n${text}` : text;
}

function countBy(model: EmbeddingModel) {
  const { countTokensNow: now } = model;
  return (texts: readonly string[]): Promise<readonly number[]> =>
    now === undefined
      ? Promise.all(texts.map((text) => model.countTokens(text)))
      : Promise.resolve(texts.map((text) => now(text)));
}
