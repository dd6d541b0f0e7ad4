import type { Turn } from './conversation.js';
import type { Decoding } from '../decoding.js';
import { heldTurn } from './session.js';
import type { SessionState } from './session.js';

const REGENERATED_TEMPERATURE = 0.8;

/** Decoding for writing an answer again. It is varied if the session is greedy, because the same text again would be useless. */
export function variedDecoding({ settings: { decoding = {} }, turnCount }: SessionState): Decoding {
  return { ...decoding, temperature: decoding.temperature || REGENERATED_TEMPERATURE, seed: turnCount + 1 };
}

/** Adds a turn from the archive to the state. */
export function holdTurn(state: SessionState, turn: Turn): SessionState {
  if (heldTurn(state, turn.turn) !== undefined) return state;
  return { ...state, turns: [...state.turns, turn].toSorted((a, b) => a.turn - b.turn) };
}

/** A new session that begins with a branch of another one, which the archive already has under the new session's name. */
export function beginWithBranch(
  state: SessionState,
  { last, turnCount }: { readonly last?: Turn; readonly turnCount: number },
): SessionState {
  return {
    ...state,
    turns: last ? [last] : [],
    turnCount,
    head: turnCount,
    archivedThrough: turnCount,
    preambleChanged: true,
  };
}
