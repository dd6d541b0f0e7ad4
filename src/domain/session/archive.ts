import type { Turn, Usage } from './conversation.js';
import { EMPTY_HASH } from '../conversation-hash.js';
import { chatTurnOf } from './session.js';
import type { ConversationPage } from './transcript.js';
import { number, object, optional, textBy, timestamp } from '../schema.js';
import { faultOfSessionId } from './session-id.js';
import { turnNumberSchema, userIdSchema } from '../value-schemas.js';

/** A closed turn in the archive: complete, with all its data. It no longer changes. */
export type ArchivedTurn = Turn;

/** Closed turns to archive. They are not part of the request: the activity asks the session for them. */
export interface ArchiveTurnsInput {
  readonly sessionId: string;
  readonly fromTurn: number;
  readonly throughTurn: number;
  /** User to whom the usage of the answers is attributed. Default: it is not counted. */
  readonly userId?: string;
}

/** Usage summed over the archived answers of a user's sessions. */
export interface UserUsage extends Usage {
  readonly answers: number;
}

export interface UserUsageRequest {
  readonly userId: string;
  /** ISO 8601: only answers from then on. Default: all. */
  readonly since?: string;
}

/** A branch of a session to copy as the beginning of another session. */
export interface CopyBranchInput {
  readonly from: string;
  /** Last turn of the branch. */
  readonly turn: number;
  readonly to: string;
  /** User of the copy. A session of another user is not copied. */
  readonly userId?: string;
}

export interface CopiedBranch {
  /** The copy has turns 1 to this one, in a single branch. */
  readonly turnCount: number;
  readonly last?: Turn;
}

export interface ArchivedTurnsRequest {
  readonly sessionId: string;
  /** First turn wanted. Default: 1. */
  readonly fromTurn?: number;
  /** Last turn wanted. Default: all there are. */
  readonly toTurn?: number;
  /** Size of the turns as JSON; a page contains at least one turn, however long. Default: `MAX_ARCHIVE_PAGE_BYTES`. */
  readonly limitBytes?: number;
}

/** Turns in the order of their numbers. */
export interface ArchivedTurnsPage {
  readonly turns: readonly ArchivedTurn[];
  /** Where the next page begins; absent on the last. */
  readonly nextTurn?: number;
}

export interface ArchivedPathRequest {
  readonly sessionId: string;
  /** The turn at the end of the path. */
  readonly head: number;
  /** Maximum number of turns; the newest are returned. Default: 1,000. */
  readonly limit?: number;
  /** As in `ArchivedTurnsRequest`; the newest turns are kept. */
  readonly limitBytes?: number;
}

/** A turn with its predecessors on its branch, oldest first. Empty if the archive lacks the head. */
export interface ArchivedPath {
  readonly turns: readonly ArchivedTurn[];
  /** The turn before these ones; absent if the path is complete. The archive may lack that turn. */
  readonly olderTurn?: number;
}

/** Keeps a page well below the server's payload limit of 2 MiB. */
export const MAX_ARCHIVE_PAGE_BYTES = 1_000_000;

/** The part of a path that a prompt needs. */
export function conversationOfPath({ turns, olderTurn = 0 }: ArchivedPath, fromTurn: number): ConversationPage {
  const wanted = turns.filter(({ turn }) => turn >= fromTurn);
  return {
    turns: wanted.flatMap((turn) => chatTurnOf(turn) ?? []),
    hashBefore: wanted[0]?.hashBefore ?? EMPTY_HASH,
    olderHead: wanted.length === turns.length && olderTurn >= fromTurn ? olderTurn : 0,
    isOlderArchived: true,
  };
}

const pageBytesSchema = number({ above: 0, most: 2_000_000, whole: true });

export const archivedTurnsRequestSchema = object<ArchivedTurnsRequest>({
  sessionId: textBy(faultOfSessionId),
  fromTurn: optional(turnNumberSchema),
  toTurn: optional(turnNumberSchema),
  limitBytes: optional(pageBytesSchema),
});

export const archivedPathRequestSchema = object<ArchivedPathRequest>({
  sessionId: textBy(faultOfSessionId),
  head: turnNumberSchema,
  limit: optional(number({ above: 0, most: 100_000, whole: true })),
  limitBytes: optional(pageBytesSchema),
});

export const userUsageRequestSchema = object<UserUsageRequest>({
  userId: userIdSchema,
  since: optional(timestamp()),
});
