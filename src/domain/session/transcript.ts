import type { ChatTurn } from './context-window.js';
import { toMessages } from './conversation.js';
import type { Message, Turn } from './conversation.js';
import { EMPTY_HASH } from '../conversation-hash.js';
import { partialBytes } from './partial-answer.js';
import { chatTurnOf, hashAfter, heldPath } from './session.js';
import type { SessionState } from './session.js';
import type { SessionSettings } from './session-settings.js';
import { utf8Length } from '../text.js';
import type { ToolDescription } from '../tools/tool-call.js';
import { object, optional, string } from '../schema.js';
import { turnNumberSchema } from '../value-schemas.js';

/** Keeps each page well below the server's payload limit of 2 MiB. */
export const MAX_PAGE_BYTES = 1_000_000;

export interface TranscriptRequest {
  /** First turn wanted, from 1. Default: 1. */
  readonly fromTurn?: number;
  /** Last turn of the requested branch. Default: that of the current branch. */
  readonly head?: number;
}

/** Part of a branch: whole turns in order. */
export interface TranscriptPage {
  readonly settings: SessionSettings;
  readonly messages: readonly Message[];
  /** Where the next page begins; absent on the last. */
  readonly nextTurn?: number;
  /** The archive has the beginning of the branch, up to this turn. Absent if the session has all requested turns. */
  readonly archivedHead?: number;
  /** Last turn of the branch; 0 if the branch is empty. */
  readonly head: number;
}

export function transcriptPage(
  state: SessionState,
  request: TranscriptRequest = {},
  maxBytes = MAX_PAGE_BYTES,
): TranscriptPage {
  const first = Math.max(request.fromTurn ?? 1, 1);
  const head = request.head ?? state.head;
  const path = heldPath(state, head);
  const { page, rest } = firstPage(
    path.turns.filter(({ turn }) => turn >= first),
    maxBytes,
  );
  return {
    settings: state.settings,
    messages: toMessages(page),
    head,
    ...(rest[0] !== undefined && { nextTurn: rest[0].turn }),
    ...(path.olderHead >= first && { archivedHead: path.olderHead }),
  };
}

/** All turns of all branches by number, for the archive. */
export interface TurnsPage {
  readonly turns: readonly Turn[];
  readonly nextTurn?: number;
}

export interface TurnsRequest {
  readonly fromTurn: number;
  readonly throughTurn: number;
}

export function turnsPage(
  state: SessionState,
  { fromTurn, throughTurn }: TurnsRequest,
  maxBytes = MAX_PAGE_BYTES,
): TurnsPage {
  const wanted = state.turns.filter(({ turn }) => turn >= fromTurn && turn <= throughTurn);
  const { page, rest } = firstPage(wanted, maxBytes);
  // A later branch needs the digest, and may find the turn only in the archive.
  const turns = page.map((turn) => ({ ...turn, hashBefore: turn.hashBefore ?? hashAfter(state, turn.parent) }));
  return { turns, ...(rest[0] !== undefined && { nextTurn: rest[0].turn }) };
}

export interface ConversationRequest {
  /** Last turn of the branch; 0: only the part before all turns. */
  readonly head: number;
  /** Oldest turn wanted. */
  readonly fromTurn: number;
  /** `hashPreamble` of the persona and summary of the request. */
  readonly preambleHash?: string;
}

/** The data that a worker without the conversation needs for a prompt: the newest part of a branch. */
export interface ConversationPage {
  readonly persona?: string;
  readonly tools?: readonly ToolDescription[];
  readonly summary?: string;
  /** Answered turns, oldest first. */
  readonly turns: readonly ChatTurn[];
  /** Digest of the branch before them. */
  readonly hashBefore?: string;
  /** The branch continues before them; request it with this as `head`. 0 if all that was requested is here. */
  readonly olderHead: number;
  /** Whether the session no longer has `olderHead`, so that the archive must be asked. */
  readonly isOlderArchived: boolean;
}

export function conversationPage(
  state: SessionState,
  { head, fromTurn }: ConversationRequest,
  maxBytes = MAX_PAGE_BYTES,
): ConversationPage {
  const path = heldPath(state, head);
  const wanted = path.turns.filter(({ turn }) => turn >= fromTurn);
  const { page, rest } = firstPage(wanted.toReversed(), maxBytes);
  const turns = page.toReversed();
  const before = rest[0]?.turn ?? path.olderHead;
  const { persona } = state.settings;
  return {
    persona,
    tools: state.tools,
    summary: state.summary?.text,
    turns: turns.flatMap((turn) => chatTurnOf(turn) ?? []),
    hashBefore: turns[0] === undefined ? hashAfter(state, head) : (turns[0].hashBefore ?? EMPTY_HASH),
    olderHead: before >= fromTurn ? before : 0,
    isOlderArchived: rest[0] === undefined,
  };
}

function firstPage(turns: readonly Turn[], maxBytes: number): { readonly page: Turn[]; readonly rest: Turn[] } {
  let bytes = 0;
  // A page has at least one turn, however long, so that paging always advances.
  const end = turns.findIndex(({ text, answer, failure }, index) => {
    const sources = answer?.sources === undefined ? 0 : utf8Length(JSON.stringify(answer.sources));
    bytes +=
      utf8Length(text) +
      utf8Length(answer?.text ?? '') +
      utf8Length(answer?.thinking ?? '') +
      sources +
      partialBytes(failure) +
      300;
    return bytes > maxBytes && index > 0;
  });
  return end < 0 ? { page: [...turns], rest: [] } : { page: turns.slice(0, end), rest: turns.slice(end) };
}

export const transcriptRequestSchema = object<TranscriptRequest>({
  fromTurn: optional(turnNumberSchema),
  head: optional(turnNumberSchema),
});

export const turnsRequestSchema = object<TurnsRequest>({
  fromTurn: turnNumberSchema,
  throughTurn: turnNumberSchema,
});

export const conversationRequestSchema = object<ConversationRequest>({
  head: turnNumberSchema,
  fromTurn: turnNumberSchema,
  preambleHash: optional(string({ maxLength: 200 })),
});
