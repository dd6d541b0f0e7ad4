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
  /** Fetches each model when it is first used. */
  readonly fetching: EnsureArtefactOptions;
  /** Receives one line for the log. */
  readonly onNotice: (line: string) => void;
}

/** Extracts the search terms of chunks and queries. */
export const SEARCH_TERMS: SearchTerms = {
  version: TERMS_VERSION,
  documentTerms: (text) =>
    documentTerms(text)
      .split(' ')
      .filter((term) => term !== ''),
  queryTerms,
  formerQueryTerms,
};

/**
 * Opens knowledge bases, models and web search as configured. Connects, fetches and opens each of them only at its
 * first use. The caller closes the result.
 */
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

/** Reports a file that cannot be fetched now as an unavailable model, like one on a server, because it may become available later. */
async function fetched<T>(open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof ArtefactError)) throw error;
    throw new ModelError('Model.Unavailable', error.message, { cause: error });
  }
}
