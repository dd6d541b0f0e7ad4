import { toMessages } from './conversation.js';
import type { Message } from './conversation.js';
import type { SessionSettings, SessionState } from './session.js';
import { utf8Length } from './text.js';

export interface TranscriptRequest {
  /** First turn wanted, from 1. Default: 1. */
  readonly fromTurn?: number;
}

/** Part of a session's transcript: whole turns in order. Pages keep each answer well below the server's 2 MiB payload limit. */
export interface TranscriptPage {
  readonly settings: SessionSettings;
  readonly messages: readonly Message[];
  /** Where the next page begins; absent on the last. */
  readonly nextTurn?: number;
}

const MAX_PAGE_BYTES = 1_000_000;

export function transcriptPage(
  state: SessionState,
  request: TranscriptRequest = {},
  maxBytes = MAX_PAGE_BYTES,
): TranscriptPage {
  const first = Math.max(request.fromTurn ?? 1, 1);
  let bytes = 0;
  let last = first - 1;
  for (const turn of state.turns.slice(first - 1)) {
    bytes += utf8Length(turn.text) + utf8Length(turn.answer?.text ?? '');
    // A page holds at least one turn, however long, so that paging always gets on.
    if (bytes > maxBytes && last >= first) break;
    last = turn.turn;
  }
  const messages = toMessages(state.turns.slice(first - 1, last));
  return { settings: state.settings, messages, ...(last < state.turns.length && { nextTurn: last + 1 }) };
}
