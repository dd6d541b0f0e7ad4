// @ts-check
/**
 * Which folder of `src/` may import what. `.dependency-cruiser.mjs` makes rules of it, for every depth and every way to import, types
 * included; `test/setup/borders.test.ts` plants what is not allowed.
 */

const BELOW = ['retrieval', 'database', 'tools', 'inference', 'streaming', 'artefacts', 'domain', 'net'];

/** Folders of `src/` that each folder may import, beside itself. Above is what knows more. */
export const FOLDERS = {
  cli: ['workers', 'models', 'api', 'client', 'run-folder', 'experts', 'archive', ...BELOW],
  workers: ['models', 'client', 'activities', 'workflows', 'run-folder', 'experts', 'archive', ...BELOW],
  models: ['inference', 'artefacts'],
  api: ['client', 'experts', 'domain', 'net'],
  client: ['workflows', 'run-folder', 'streaming', 'artefacts', 'domain'],
  /** Of activities only types: `.oxlintrc.json` refuses the rest. */
  workflows: ['activities', 'domain'],
  activities: ['experts', 'retrieval', 'archive', 'tools', 'inference', 'streaming', 'database', 'domain', 'net'],
  experts: ['domain', 'net'],
  retrieval: ['database', 'domain', 'net'],
  archive: ['database', 'domain'],
  /** Of retrieval only the readers of documents: a page that a tool fetches is read as it would be for a knowledge base. */
  tools: ['inference', 'retrieval/parse', 'domain', 'net'],
  inference: ['domain', 'net'],
  database: ['domain'],
  streaming: ['domain'],
  artefacts: [],
  'run-folder': [],
  net: ['domain'],
  domain: [],
};

/** Folders within these, where more is forbidden than for the whole. `inference/*`: the files at the root of `inference/`. */
export const ROOMS = {
  'domain/words': ['domain/*'],
  'domain/knowledge': ['domain/*', 'domain/words'],
  'domain/tools': ['domain/*'],
  'domain/answer': ['domain/*', 'domain/words', 'domain/knowledge'],
  /** These two know each other: the settings of a session hold a panel, and the experts of a panel converse. */
  'domain/session': ['domain/*', 'domain/words', 'domain/knowledge', 'domain/tools', 'domain/answer', 'domain/panel'],
  'domain/panel': ['domain/*', 'domain/words', 'domain/knowledge', 'domain/tools', 'domain/answer', 'domain/session'],
  'activities/answer': ['inference', 'streaming', 'domain', 'activities/*'],
  'activities/session': [
    'archive',
    'database',
    'inference',
    'streaming',
    'domain',
    'activities/*',
    'activities/answer',
  ],
  'activities/panel': ['experts', 'inference', 'domain', 'net', 'activities/*', 'activities/answer'],
  'activities/knowledge': ['retrieval', 'database', 'inference', 'domain', 'net', 'activities/*'],
  'activities/tools': ['tools', 'domain', 'activities/*'],
  'workflows/converters': ['domain'],
  'workflows/knowledge': ['activities', 'domain', 'workflows/*'],
  'workflows/answer': ['activities', 'domain', 'workflows/*'],
  'retrieval/parse': ['domain', 'net', 'retrieval'],
  'retrieval/chunk': ['domain', 'retrieval'],
  'retrieval/sources': ['domain', 'net', 'retrieval'],
  'retrieval/store': ['database', 'domain', 'retrieval/store'],
  'inference/profiles': ['domain'],
  'inference/gguf': ['domain', 'inference/*', 'inference/profiles'],
  'inference/unigram': ['domain', 'inference/*', 'inference/gguf'],
  'inference/word-rows': ['domain', 'inference/*', 'inference/gguf', 'inference/unigram'],
  'inference/chat-template': ['domain', 'inference/*'],
  'inference/vocabulary': ['domain', 'inference/*', 'inference/chat-template', 'inference/gguf'],
  'inference/snapshots': ['domain', 'inference/*'],
  'inference/scheduler': ['domain', 'inference/*', 'inference/snapshots'],
  'inference/structured': ['domain', 'inference/*'],
  'inference/answer': ['domain', 'inference/*', 'inference/vocabulary', 'inference/scheduler'],
  'inference/http': ['domain', 'net', 'inference/*', 'inference/answer'],
  'inference/openai': [
    'domain',
    'inference/*',
    'inference/http',
    'inference/answer',
    'inference/structured',
    'inference/chat-template',
  ],
};

/** Files of `src/` itself, and the folders that may import them. */
export const FILES = {
  'config.ts': ['cli', 'workers', 'models'],
  'config-error.ts': ['cli', 'workers'],
  'settings.ts': ['cli'],
  'built-entry.ts': ['inference', 'retrieval'],
  'package-versions.ts': ['cli', 'workers'],
  'local-socket.ts': ['cli', 'workers', 'client', 'database', 'streaming'],
  'private-folder.ts': ['workers', 'inference', 'run-folder'],
};

/** Packages that decide what a folder is, and the folders that may import them. */
export const PACKAGES = {
  '@temporalio/workflow': ['workflows'],
  '@temporalio/activity': ['activities', 'workers'],
  '@temporalio/worker': ['activities', 'workers'],
  '@temporalio/client': ['activities', 'workers', 'client'],
  '@temporalio/common': ['activities', 'workers', 'client', 'workflows'],
  '@temporalio/envconfig': ['client'],
  'node-llama-cpp': ['inference'],
  ollama: ['inference'],
  kysely: ['database', 'archive', 'retrieval'],
  pg: ['database'],
  '@electric-sql/pglite': ['database'],
  redis: ['streaming'],
  hono: ['api', 'cli'],
  commander: ['cli'],
};
