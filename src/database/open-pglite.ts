import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import type { SingleSession } from './wire-server.js';

/** PGlite's default is 128 MB, all of it touched at start: the process would take 310 MB rather than 170. */
const SHARED_BUFFERS = '16MB';

export interface PGliteSession extends SingleSession {
  /** Runs SQL of ours. Not while a client is being answered. */
  query(text: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Writes everything in place, so that the next start has nothing to recover. */
  close(): Promise<void>;
}

/** Opens the database in the folder, or makes an empty one there. Only one process may have it open. */
export async function openPGlite(folder: string): Promise<PGliteSession> {
  const database = await PGlite.create({
    dataDir: folder,
    // Only its files, which cost nothing measurable: `create extension` comes with the first knowledge base. Without them, a folder that
    // has one could not be used.
    extensions: { vector },
    startParams: [...PGlite.defaultStartParams, '-c', `shared_buffers=${SHARED_BUFFERS}`],
  });
  return {
    execute: (messages, onOutput) => database.execProtocolRawStream(messages, { onRawData: onOutput, syncToFs: false }),
    isInTransaction: () => database.isInTransaction(),
    query: async (text) => (await database.query<Record<string, unknown>>(text)).rows,
    close: () => database.close(),
  };
}
