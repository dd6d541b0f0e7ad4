import type { TranscriptArchive } from '../archive/transcript-archive.js';
import type {
  ArchiveTurnsInput,
  ArchivedPath,
  ArchivedPathRequest,
  ArchivedTurnsPage,
  ArchivedTurnsRequest,
} from '../domain/archive.js';
import { toFailure } from './to-failure.js';

/**
 * The archive for workflows, on task queue `colloquy/archive`. All are safe to repeat. While the database is away they fail with
 * `Database.Unreachable`, which is retried: give no limit of attempts, and a start-to-close timeout of a minute.
 */
export interface ArchiveActivities {
  /** Fails with `Archive.Conflict`, finally, when a turn is there with another content. @returns how many were not there yet */
  archiveTurns(input: ArchiveTurnsInput): Promise<{ readonly added: number }>;
  readArchivedTurns(input: ArchivedTurnsRequest): Promise<ArchivedTurnsPage>;
  readArchivedPath(input: ArchivedPathRequest): Promise<ArchivedPath>;
  /** `turn` is the first that the message made; absent when the archive knows none. */
  findArchivedMessage(input: {
    readonly sessionId: string;
    readonly messageId: string;
  }): Promise<{ readonly turn?: number }>;
  deleteArchivedSession(input: { readonly sessionId: string }): Promise<{ readonly deleted: number }>;
}

export function createArchiveActivities(archive: TranscriptArchive): ArchiveActivities {
  return {
    archiveTurns: ({ sessionId, turns, userId }) => failing(() => archive.appendTurns(sessionId, turns, { userId })),
    readArchivedTurns: ({ sessionId, ...request }) => failing(() => archive.readTurns(sessionId, request)),
    readArchivedPath: ({ sessionId, head, ...request }) => failing(() => archive.readPath(sessionId, head, request)),
    findArchivedMessage: ({ sessionId, messageId }) =>
      failing(async () => {
        const turn = await archive.findMessage(sessionId, messageId);
        return turn === undefined ? {} : { turn };
      }),
    deleteArchivedSession: ({ sessionId }) =>
      failing(async () => ({ deleted: await archive.deleteSession(sessionId) })),
  };
}

async function failing<Result>(action: () => Promise<Result>): Promise<Result> {
  try {
    return await action();
  } catch (error) {
    throw toFailure(error);
  }
}
