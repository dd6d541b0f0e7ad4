import type { OpenedWorker, WorkerSettings } from './opened-worker.js';

export type WorkerKind = 'sessions' | 'tools' | 'model' | 'archive' | 'retrieval';

/** Opens a worker of each kind; each function loads only what its worker needs. */
const KINDS: Readonly<Record<WorkerKind, (settings: WorkerSettings) => Promise<OpenedWorker>>> = {
  sessions: async (settings) => (await import('./sessions-worker.js')).openSessionsWorker(settings),
  tools: async (settings) => (await import('./tools-worker.js')).openToolsWorker(settings),
  model: async (settings) => (await import('./model-worker.js')).openModelWorker(settings),
  archive: async (settings) => (await import('./archive-worker.js')).openArchiveWorker(settings),
  retrieval: async (settings) => (await import('./retrieval-worker.js')).openRetrievalWorker(settings),
};

export function openWorker(kind: WorkerKind, settings: WorkerSettings): Promise<OpenedWorker> {
  return KINDS[kind](settings);
}
