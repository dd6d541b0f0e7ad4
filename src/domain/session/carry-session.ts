import { isOpen } from './conversation.js';
import type { Turn } from './conversation.js';
import { EMPTY_HASH } from '../conversation-hash.js';
import { hashAfterTurn, heldPath } from './session.js';
import type { SessionState } from './session.js';
import { partialBytes } from './partial-answer.js';
import { utf8Length } from '../text.js';

/** Number of newest turns that stay in the session although the archive has them, because most retries and edits concern these. */
const KEPT_TURNS = 10;
/** Maximum size of the carried turns in the context window. The worker that needs older ones reads them from the archive. */
const KEPT_WINDOW_BYTES = 200_000;
/** Number of message ids that are remembered after their turns have left the session, so that sending such a message again is safe. */
export const REMEMBERED_MESSAGE_IDS = 1_000;

/**
 * The initial state of the session's next run. It keeps all turns that are not in the archive; of the others, it keeps the newest and those
 * in the context window.
 */
export function carrySession(state: SessionState): SessionState {
  const kept = new Set<number>();
  let bytes = 0;
  for (const turn of heldPath(state, state.head).turns.toReversed()) {
    bytes += bytesOf(turn);
    const isInWindow = turn.turn >= state.contextFromTurn && bytes <= KEPT_WINDOW_BYTES;
    if (kept.size >= KEPT_TURNS && !isInWindow) break;
    kept.add(turn.turn);
  }
  const stays = (turn: Turn): boolean => turn.turn > state.archivedThrough || isOpen(turn) || kept.has(turn.turn);
  const left = state.turns.filter((turn) => !stays(turn));
  return {
    ...state,
    turns: state.turns.filter(stays),
    messageIds: [...state.messageIds, ...left.map(({ messageId, turn }) => [messageId, turn] as const)].slice(
      -REMEMBERED_MESSAGE_IDS,
    ),
  };
}

/** Approximate size in bytes of the state that is passed to the next run. */
export function carriedBytes(state: SessionState): number {
  const ids = state.messageIds.reduce((sum, [id]) => sum + id.length + 12, 0);
  return state.turns.reduce((sum, turn) => sum + bytesOf(turn), ids);
}

function bytesOf({ text, answer, failure }: Turn): number {
  const sources = answer?.sources === undefined ? 0 : utf8Length(JSON.stringify(answer.sources));
  return (
    utf8Length(text) +
    utf8Length(answer?.text ?? '') +
    utf8Length(answer?.thinking ?? '') +
    sources +
    (failure?.message.length ?? 0) +
    partialBytes(failure) +
    600
  );
}

/** State as stored by version 0.1.0, before transcripts were trees and had an archive. */
interface LinearSession {
  readonly settings: SessionState['settings'];
  readonly startedAt: string;
  readonly turns: readonly Omit<Turn, 'parent'>[];
  readonly usage: SessionState['usage'];
  readonly contextFromTurn: number;
  readonly conversationHash: string;
}

/** The state passed on by an earlier run, whichever version wrote it. */
export function resumeSession(carried: SessionState | LinearSession): SessionState {
  if (!('conversationHash' in carried)) return carried;
  const { conversationHash: _, turns, ...rest } = carried;
  let hash = EMPTY_HASH;
  const tree = turns.map((each): Turn => {
    const turn = { ...each, parent: each.turn - 1, hashBefore: hash };
    hash = hashAfterTurn(hash, turn);
    return turn;
  });
  return {
    ...rest,
    turns: tree,
    turnCount: tree.length,
    head: tree.length,
    archivedThrough: 0,
    branchPoints: {},
    messageIds: [],
    failedTurns: tree.filter(({ failure }) => failure !== undefined).length,
    preambleChanged: true,
  };
}
