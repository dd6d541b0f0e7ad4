import { ArtefactError } from '../artefacts/artefact-error.js';
import type { EnsureArtefactOptions } from '../artefacts/ensure-artefact.js';
import type { RetrievalDependencies } from '../activities/knowledge/retrieval.js';
import type { Config } from '../config.js';
import { connectDatabase } from '../database/connect-database.js';
import { formerQueryTerms } from '../domain/words/former-search-terms.js';
import { TERMS_VERSION, documentTerms, queryTerms } from '../domain/words/search-terms.js';
import { ModelError } from '../inference/model-error.js';
import { ownVersion } from '../package-versions.js';
import { parseDocument } from '../retrieval/parse/parse-document.js';
import { createKnowledgeStore } from '../retrieval/store/create-knowledge-store.js';
import type { SearchTerms } from '../retrieval/store/knowledge-store.js';
import { createPageReader } from '../retrieval/web/page-reader.js';
import { usableProviders } from '../retrieval/web/usable-providers.js';
import { openWhenNeeded } from './open-when-needed.js';
import { locateDatabase } from './locate-database.js';
import { openEmbeddingModel, openReranker } from '../models/open-embedding-model.js';

export interface OpenRetrievalOptions {
  readonly config: Config;
  readonly home: string;
  /** Models are fetched by it when they are first used. */
  readonly fetching: EnsureArtefactOptions;
  /** One line for the log. */
  readonly onNotice: (line: string) => void;
}

/** What documents are found by, as chunks and as queries. */
export const SEARCH_TERMS: SearchTerms = {
  version: TERMS_VERSION,
  documentTerms: (text) =>
    documentTerms(text)
      .split(' ')
      .filter((term) => term !== ''),
  queryTerms,
  formerQueryTerms,
};

/** Knowledge bases, models and the web, as configured. Nothing is connected, fetched or opened before it is used. Close it. */
export function openRetrieval(
  options: OpenRetrievalOptions,
): RetrievalDependencies & { readonly close: () => Promise<void> } {
  const { config, home } = options;
  const database = connectDatabase(locateDatabase(config, home));
  const model = openWhenNeeded(
    () => fetched(() => openEmbeddingModel(config.embeddingModel, options)),
    (opened) => opened.dispose(),
  );
  const reranker = openWhenNeeded(
    () => openReranker(options),
    async (opened) => opened?.dispose(),
  );
  return {
    store: createKnowledgeStore(database, SEARCH_TERMS, options),
    embeddingModel: model.get,
    reranker: reranker.get,
    web: {
      providers: usableProviders(config.webSearch),
      pages: createPageReader({
        version: ownVersion(),
        parse: (bytes, { uri, ...about }) => parseDocument(bytes, { name: uri, ...about }),
      }),
    },
    async close() {
      await Promise.all([model.close(), reranker.close()]);
      await database.close();
    },
  };
}

/** A file that cannot be fetched just now may come later: to those who use the model it is away, like one on a server. */
async function fetched<T>(open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof ArtefactError)) throw error;
    throw new ModelError('Model.Unavailable', error.message, { cause: error });
  }
}
