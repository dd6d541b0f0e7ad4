import { once } from 'node:events';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { serveEmbeddedDatabase } from '../database/serve-embedded-database.js';
import { createSocketFolder, databaseSocketPath } from '../local-socket.js';
import { withStartLock } from './stack/start-lock.js';

export interface DatabaseProcessOptions {
  readonly home: string;
  readonly logger: Logger;
  /** Called once the database is ready for use. */
  readonly onReady: () => void;
  readonly stopSignal: AbortSignal;
}

/**
 * Serves the embedded database of the data folder until asked to stop. Two processes on one folder would destroy the database, so a second
 * process waits up to a minute for the first to end.
 *
 * @throws {DatabaseError | StackError}
 */
export async function runDatabaseProcess({ home, logger, onReady, stopSignal }: DatabaseProcessOptions): Promise<void> {
  const folder = join(home, 'database');
  const socketPath = databaseSocketPath(home);
  const serve = async (): Promise<void> => {
    createSocketFolder(socketPath);
    const database = await serveEmbeddedDatabase({
      folder,
      socketPath,
      onNotice: (line) => logger.warn(line),
      onFatal: (error) => {
        logger.fatal({ err: error }, 'The database has crashed');
        // The whole process has to end; the supervisor starts it again.
        process.exit(1);
      },
    });
    logger.info({ folder, socketPath }, 'The database is served');
    onReady();
    if (!stopSignal.aborted) await once(stopSignal, 'abort');
    await database.close();
  };
  await withStartLock(home, stopSignal, serve, 'database');
}
