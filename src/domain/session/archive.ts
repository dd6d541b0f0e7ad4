import type { Turn, Usage } from './conversation.js';
import { EMPTY_HASH } from '../conversation-hash.js';
import { chatTurnOf } from './session.js';
import type { ConversationPage } from './transcript.js';
import { number, object, optional, textBy, timestamp } from '../schema.js';
import { faultOfSessionId } from './session-id.js';
import { turnNumberSchema, userIdSchema } from '../value-schemas.js';

/** A closed turn as the archive keeps it: whole, with whatever else is in it. It changes no more. */
export type ArchivedTurn = Turn;

/** Closed turns of a session, which are asked for there: they are not part of the request. */
export interface ArchiveTurnsInput {
  readonly sessionId: string;
  readonly fromTurn: number;
  readonly throughTurn: number;
  /** Whom the usage of the answers counts for. Default: it is not counted. */
  readonly userId?: string;
}

/** Sums over the archived answers of a user's sessions. */
export interface UserUsage extends Usage {
  readonly answers: number;
}

export interface UserUsageRequest {
  readonly userId: string;
  /** ISO 8601: answers from then on. Default: all. */
  readonly since?: string;
}

/** A branch of a session that another one is to begin with. */
export interface CopyBranchInput {
  readonly from: string;
  /** Last turn of the branch. */
  readonly turn: number;
  readonly to: string;
  /** Of the copy. A session of another user is not copied. */
  readonly userId?: string;
}

export interface CopiedBranch {
  /** The copy has turns 1 to this one, in one line. */
  readonly turnCount: number;
  readonly last?: Turn;
}

export interface ArchivedTurnsRequest {
  readonly sessionId: string;
  /** First turn wanted. Default: 1. */
  readonly fromTurn?: number;
  /** Last turn wanted. Default: all there are. */
  readonly toTurn?: number;
  /** Of the turns as JSON; a page holds at least one turn, however long. Default: `MAX_ARCHIVE_PAGE_BYTES`. */
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
  /** So many turns at most, the newest. Default: 1,000. */
  readonly limit?: number;
  /** As in `ArchivedTurnsRequest`; the newest turns are kept. */
  readonly limitBytes?: number;
}

/** A turn and those it goes on from, oldest first. Empty when the archive lacks the head. */
export interface ArchivedPath {
  readonly turns: readonly ArchivedTurn[];
  /** The head of what comes before; absent when the path is whole. The archive may lack that turn. */
  readonly olderTurn?: number;
}

/** Leaves a page well below the server's payload limit of 2 MiB. */
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
