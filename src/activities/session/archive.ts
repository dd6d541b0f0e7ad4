import { ArchiveError } from '../../archive/archive-error.js';
import type { TranscriptArchive } from '../../archive/transcript-archive.js';
import type {
  ArchiveTurnsInput,
  ArchivedPath,
  ArchivedPathRequest,
  ArchivedTurn,
  ArchivedTurnsPage,
  ArchivedTurnsRequest,
  CopiedBranch,
  CopyBranchInput,
  UserUsage,
  UserUsageRequest,
} from '../../domain/session/archive.js';
import type { TurnsPage, TurnsRequest } from '../../domain/session/transcript.js';
import { withHeartbeat } from '../with-heartbeat.js';

/**
 * The archive for workflows, on task queue `colloquy/archive`. All activities are safe to repeat. While the database is away, they fail
 * with `Database.Unreachable`, which is retried; so do not limit the attempts, and set a start-to-close timeout of some minutes.
 */
export interface ArchiveActivities {
  /**
   * Fails permanently with `Archive.Conflict` if the archive has a turn with different content.
   *
   * @returns the number of turns that were added
   */
  archiveTurns(input: ArchiveTurnsInput): Promise<{ readonly added: number }>;
  readArchivedTurns(input: ArchivedTurnsRequest): Promise<ArchivedTurnsPage>;
  readArchivedPath(input: ArchivedPathRequest): Promise<ArchivedPath>;
  /** `turn` is the first turn that the message made; absent if the archive has none. */
  findArchivedMessage(input: {
    readonly sessionId: string;
    readonly messageId: string;
  }): Promise<{ readonly turn?: number }>;
  /** Fails permanently with `SessionNotFound` if neither session nor archive has the turn. */
  copyBranch(input: CopyBranchInput): Promise<CopiedBranch>;
  readUserUsage(input: UserUsageRequest): Promise<UserUsage>;
  /** Fails permanently with `InvalidRequest` if the session belongs to another user. Any user may use a session without a user. */
  assertSessionOwner(input: { readonly sessionId: string; readonly userId: string }): Promise<void>;
  deleteArchivedSession(input: { readonly sessionId: string }): Promise<{ readonly deleted: number }>;
}

/** Queries sessions that still exist for the turns that they hold. Adds no event to their histories. */
export interface SessionTurns {
  /** @returns undefined if the session no longer exists */
  (sessionId: string, request: TurnsRequest): Promise<TurnsPage | undefined>;
}

/** Returns the user of a session that the server still has. */
export interface OwnerOf {
  (sessionId: string): Promise<string | undefined>;
}

/** Returns the open sessions of a user, and the last archived turn of each. */
export interface OpenSessionsOf {
  (userId: string): Promise<readonly { readonly sessionId: string; readonly archivedThrough: number }[]>;
}

export function createArchiveActivities(
  archive: TranscriptArchive,
  sessionTurns: SessionTurns,
  openSessionsOf: OpenSessionsOf,
  ownerOf: OwnerOf,
): ArchiveActivities {
  const assertOwner = async (sessionId: string, userId: string): Promise<void> => {
    const owner = (await ownerOf(sessionId)) ?? (await archive.ownerOf(sessionId));
    if (owner === undefined || owner === userId) return;
    throw new ArchiveError(
      'InvalidRequest',
      `Session "${sessionId}" belongs to another user than ${JSON.stringify(userId)}.`,
    );
  };
  const appendHeld = async ({ sessionId, fromTurn, throughTurn, userId }: ArchiveTurnsInput) => {
    let added = 0;
    for (let next: number | undefined = fromTurn; next !== undefined;) {
      const page: TurnsPage | undefined = await sessionTurns(sessionId, { fromTurn: next, throughTurn });
      if (page === undefined) break;
      added += (await archive.appendTurns(sessionId, page.turns, { userId })).added;
      next = page.nextTurn;
    }
    return { added };
  };

  /**
   * Records the usage of turns that sessions still hold. Stores only the numbers, so that the text of a
   * session deleted meanwhile does not come back.
   */
  const countHeld = async (userId: string): Promise<void> => {
    for (const { sessionId, archivedThrough } of await openSessionsOf(userId)) {
      for (let next: number | undefined = archivedThrough + 1; next !== undefined;) {
        const page: TurnsPage | undefined = await sessionTurns(sessionId, {
          fromTurn: next,
          throughTurn: Number.MAX_SAFE_INTEGER,
        });
        if (page !== undefined) await archive.recordUsage(sessionId, page.turns, { userId });
        next = page?.nextTurn;
      }
    }
  };

  return {
    archiveTurns: (input) => withHeartbeat(() => appendHeld(input)),
    readArchivedTurns: ({ sessionId, ...request }) => withHeartbeat(() => archive.readTurns(sessionId, request)),
    readArchivedPath: ({ sessionId, head, ...request }) =>
      withHeartbeat(() => archive.readPath(sessionId, head, request)),
    findArchivedMessage: ({ sessionId, messageId }) =>
      withHeartbeat(async () => {
        const turn = await archive.findMessage(sessionId, messageId);
        return turn === undefined ? {} : { turn };
      }),
    copyBranch: ({ from, turn, to, userId }) =>
      withHeartbeat(async () => {
        if (userId !== undefined) await assertOwner(from, userId);
        // Only the turns that the session still holds. They no longer change, so the session's own archiving finds them unchanged.
        await appendHeld({ sessionId: from, fromTurn: 1, throughTurn: turn });
        const path = await readWholePath(archive, from, turn);
        if (path.at(-1)?.turn !== turn) {
          throw new ArchiveError(
            'SessionNotFound',
            `Neither session "${from}" nor the archive has its turn ${turn}. "colloquy transcript ${from}" shows what there is.`,
          );
        }
        // One line of turns, renumbered; the digests depend only on the text.
        const copies = path.map((each, index) => ({ ...each, turn: index + 1, parent: index }));
        for (let at = 0; at < copies.length; at += COPIED_AT_ONCE) {
          await archive.appendTurns(to, copies.slice(at, at + COPIED_AT_ONCE));
        }
        return { turnCount: copies.length, last: copies.at(-1) };
      }),
    readUserUsage: ({ userId, since }) =>
      withHeartbeat(async () => {
        await countHeld(userId);
        return archive.usageOfUser(userId, since === undefined ? undefined : new Date(since));
      }),
    assertSessionOwner: ({ sessionId, userId }) => withHeartbeat(() => assertOwner(sessionId, userId)),
    deleteArchivedSession: ({ sessionId }) =>
      withHeartbeat(async () => ({ deleted: await archive.deleteSession(sessionId) })),
  };
}

const COPIED_AT_ONCE = 500;

async function readWholePath(archive: TranscriptArchive, sessionId: string, turn: number): Promise<ArchivedTurn[]> {
  const pages: (readonly ArchivedTurn[])[] = [];
  for (let head: number | undefined = turn; head !== undefined;) {
    const page: ArchivedPath = await archive.readPath(sessionId, head);
    pages.push(page.turns);
    head = page.turns.length === 0 ? undefined : page.olderTurn;
  }
  return pages.toReversed().flat();
}
