import { isOpen } from './conversation.js';
import type { FailureType } from '../failure-types.js';
import { turnOfMessage, heldTurn } from './session.js';
import type { SessionState } from './session.js';
import type { UserMessage } from './user-message.js';

/** Maximum number of messages that wait for their turn; Temporal itself allows 10 updates in flight. */
export const MAX_WAITING_TURNS = 8;

/** Why a message is refused. */
export interface Refusal {
  readonly type: FailureType;
  readonly message: string;
}

/** Refusal of every message to a session that has ended. */
export const SESSION_ENDED: Refusal = { type: 'SessionClosed', message: 'The session has ended. Start a new one.' };

/** Why the session refuses this message, or undefined if it accepts it. A message that the session already has is never refused. */
export function refusalOf(state: SessionState, message: UserMessage, ended: boolean): Refusal | undefined {
  const known = turnOfMessage(state, message.messageId);
  if (known !== undefined) return refusalOfKnown(state, message, known);
  return refusalOfNewTurn(state, ended);
}

/** Why the session refuses an alternative of this turn, or undefined if it accepts it. */
export function refusalOfAlternative(
  state: SessionState,
  { messageId, turn, text }: { readonly messageId: string; readonly turn: number; readonly text?: string },
  ended: boolean,
): Refusal | undefined {
  const known = turnOfMessage(state, messageId);
  if (known !== undefined) return refusalOfKnown(state, { messageId, text }, known);
  return refusalOfTurnNumber(state, turn) ?? refusalOfNewTurn(state, ended);
}

/** Why this is not the number of an ended turn, or undefined if it is. */
export function refusalOfTurnNumber(state: SessionState, turn: number): Refusal | undefined {
  if (!Number.isInteger(turn) || turn < 1 || turn > state.turnCount) {
    const some = state.turnCount === 0 ? 'it has none yet' : `it has turns 1 to ${state.turnCount}`;
    return { type: 'InvalidRequest', message: `The session has no turn ${String(turn)}: ${some}.` };
  }
  const held = heldTurn(state, turn);
  if (held === undefined || !isOpen(held)) return undefined;
  return { type: 'InvalidRequest', message: `Turn ${turn} is not answered yet. Stop it first, or wait.` };
}

/** A message that is sent again has the same text. Regenerating has none of its own. */
function refusalOfKnown(
  state: SessionState,
  { messageId, text }: { readonly messageId: string; readonly text?: string },
  known: number,
): Refusal | undefined {
  const held = heldTurn(state, known);
  return held === undefined || text === undefined || held.text === text ? undefined : idInUse(messageId, known);
}

function refusalOfNewTurn(state: SessionState, ended: boolean): Refusal | undefined {
  if (ended) return SESSION_ENDED;
  // The first open turn is being answered, the others wait.
  const waiting = state.turns.filter(isOpen).length - 1;
  if (waiting >= MAX_WAITING_TURNS) {
    return {
      type: 'TurnQueueFull',
      message: `${waiting} messages already wait for their answers, which is the maximum. Send again when one is answered.`,
    };
  }
  return refusalByBudget(state);
}

function refusalByBudget({ usage, settings: { budget = {} } }: SessionState): Refusal | undefined {
  const tokens = usage.inputTokens - usage.cachedInputTokens + usage.outputTokens;
  const seconds = usage.durationMs / 1000;
  const { sessionTokens = Number.POSITIVE_INFINITY, sessionSeconds = Number.POSITIVE_INFINITY } = budget;
  const spent =
    tokens >= sessionTokens
      ? `${tokens} of ${sessionTokens} tokens`
      : seconds >= sessionSeconds
        ? `${seconds.toFixed(0)} of ${sessionSeconds} seconds`
        : undefined;
  if (spent === undefined) return undefined;
  return {
    type: 'BudgetExceeded',
    message: `The session has spent its budget: ${spent}. Raise it (colloquy set ID --budget-tokens N), or start a new session.`,
  };
}

function idInUse(messageId: string, turn: number): Refusal {
  return {
    type: 'InvalidRequest',
    message: `Message id "${messageId}" was used for another text in turn ${turn}. Give each message an id of its own.`,
  };
}
