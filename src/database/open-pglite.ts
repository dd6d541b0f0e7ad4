import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import type { SingleSession } from './wire-server.js';

/** PGlite's default is 128 MB, and it touches all of it at start: the process would then take 310 MB instead of 170. */
const SHARED_BUFFERS = '16MB';

export interface PGliteSession extends SingleSession {
  /** Runs our own SQL. Do not call it while a client is being answered. */
  query(text: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Writes all data to its final place, so that the next start needs no recovery. */
  close(): Promise<void>;
}

/** Opens the database in the folder, or creates an empty one there. Only one process at a time may open it. */
export async function openPGlite(folder: string): Promise<PGliteSession> {
  const database = await PGlite.create({
    dataDir: folder,
    // This only provides the extension's files, which costs nothing measurable; the first knowledge base runs `create extension`. Without
    // the files, a database with a knowledge base could not be used.
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
