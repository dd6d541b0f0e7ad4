import type { Turn } from './conversation.js';

/**
 * A closed turn as the archive keeps it: whole, with whatever else is in it. Transcripts are trees: `parent` is the turn that this
 * one goes on from, always an earlier one; null for a first turn.
 */
export interface ArchivedTurn extends Turn {
  readonly parent: number | null;
}

export interface ArchiveTurnsInput {
  readonly sessionId: string;
  /** Closed turns, which change no more. Keep a call below the server's payload limit of 2 MiB. */
  readonly turns: readonly ArchivedTurn[];
  /** Whom the usage of the answers counts for. Default: it is not counted. */
  readonly userId?: string;
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
