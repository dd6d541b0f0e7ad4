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
  /** Name for models and readers. */
  readonly name?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface IngestedDocument {
  readonly outcome: 'added' | 'replaced' | 'unchanged';
  /** Number of chunks of the current version of the document. */
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

/** Number of chunks embedded and stored together; a kill loses at most this much work. */
const EMBEDDED_AT_ONCE = 16;
/** The same without vectors, where a batch takes milliseconds. */
const KEPT_AT_ONCE = 256;
/** Maximum length of the headings before a chunk's text. They say what the chunk is about, often in words that it does not repeat. */
const HEADING_CHARACTERS = 200;
/** How often a document is begun, in case another process removed it meanwhile or it was staged by other rules. */
const BEGINNINGS = 3;

/** Implements `IngestionActivities.ingestDocument`. */
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
    // Messages distinguish two files of the same name by their URI.
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
    // An earlier attempt may have published it and died before it could report so.
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
  // Creates the index while there are few vectors, so that later chunks only extend it.
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
  // A text never has more tokens than bytes.
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
