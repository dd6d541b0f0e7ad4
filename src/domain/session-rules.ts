import { faultOfSources } from './answer-sources.js';
import { isOpen } from './conversation.js';
import type { FailureType } from './failure-types.js';
import { faultsOfPanel } from './panel/panel.js';
import { turnOfMessage, heldTurn } from './session.js';
import type { SessionState } from './session.js';
import type { SettingsChange } from './session-settings.js';
import { faultOfPersona, faultOfUserMessage } from './user-message.js';
import type { UserMessage } from './user-message.js';

/** Messages that may wait for their turn; Temporal itself allows 10 updates in flight. */
export const MAX_WAITING_TURNS = 8;

export interface Refusal {
  readonly type: FailureType;
  readonly message: string;
}

/** Why the session does not take this message, or undefined when it does. A message that it already has is never refused. */
export function refusalOf(state: SessionState, message: UserMessage, ended: boolean): Refusal | undefined {
  const fault = faultOfUserMessage(message);
  if (fault !== undefined) return { type: 'InvalidRequest', message: fault };
  const known = turnOfMessage(state, message.messageId);
  if (known !== undefined) {
    const held = heldTurn(state, known);
    return held === undefined || held.text === message.text ? undefined : idInUse(message.messageId, known);
  }
  return refusalOfNewTurn(state, ended);
}

/** Why the session takes no alternative of this turn, or undefined when it does. */
export function refusalOfAlternative(
  state: SessionState,
  { messageId, turn, text }: { readonly messageId: string; readonly turn: number; readonly text?: string },
  ended: boolean,
): Refusal | undefined {
  // Text that is taken over was checked when it came.
  const fault = faultOfUserMessage({ messageId, text: text ?? 'x' });
  if (fault !== undefined) return { type: 'InvalidRequest', message: fault };
  const known = turnOfMessage(state, messageId);
  if (known !== undefined) return undefined;
  return refusalOfTurnNumber(state, turn) ?? refusalOfNewTurn(state, ended);
}

/** Why this is not a turn that has ended, or undefined when it is. */
export function refusalOfTurnNumber(state: SessionState, turn: number): Refusal | undefined {
  if (!Number.isInteger(turn) || turn < 1 || turn > state.turnCount) {
    const some = state.turnCount === 0 ? 'it has none yet' : `it has turns 1 to ${state.turnCount}`;
    return { type: 'InvalidRequest', message: `The session has no turn ${String(turn)}: ${some}.` };
  }
  const held = heldTurn(state, turn);
  if (held === undefined || !isOpen(held)) return undefined;
  return { type: 'InvalidRequest', message: `Turn ${turn} is not answered yet. Stop it first, or wait.` };
}

/** Why these settings are not taken, or undefined when they are. */
export function refusalOfSettings(change: unknown): Refusal | undefined {
  if (typeof change !== 'object' || change === null) return invalid('Settings must be an object.');
  const {
    modelId,
    persona,
    personaName,
    tools,
    panel,
    sources,
    budget = {},
    thinking = {},
    ...rest
  } = change as SettingsChange;
  const { maxOutputTokens, maxToolCalls, approvalSeconds } = rest;
  if (modelId !== undefined && (typeof modelId !== 'string' || modelId === '' || modelId.length > 200))
    return invalid('"modelId" must be a string of 1 to 200 characters.');
  if (persona !== undefined) {
    const fault = typeof persona === 'string' ? faultOfPersona(persona) : '"persona" must be a string.';
    if (fault !== undefined) return invalid(fault);
  }
  if (personaName !== undefined && (typeof personaName !== 'string' || personaName.length > 100))
    return invalid('"personaName" must be a string of at most 100 characters.');
  if (
    tools !== undefined &&
    !(Array.isArray(tools) && tools.length <= 50 && tools.every((name) => typeof name === 'string'))
  )
    return invalid('"tools" must be a list of at most 50 names.');
  if (panel !== undefined && panel !== null) {
    if (typeof panel !== 'object') return invalid('"panel" must be an object { experts }.');
    const [fault] = faultsOfPanel({ ...panel, task: 'a message', modelId: 'a model' });
    if (fault !== undefined) return invalid(`"panel": ${fault}`);
  }
  const sourcesFault = sources === undefined ? undefined : faultOfSources(sources);
  if (sourcesFault !== undefined) return invalid(sourcesFault);
  if (typeof thinking !== 'object' || thinking === null) return invalid('"thinking" must be an object.');
  const { enabled, maxTokens } = thinking;
  if (enabled !== undefined && typeof enabled !== 'boolean')
    return invalid('"thinking.enabled" must be true or false.');
  if (maxTokens !== undefined && !(Number.isInteger(maxTokens) && maxTokens >= 0))
    return invalid('"thinking.maxTokens" must be a whole number from 0.');
  const numbers = Object.entries({ maxOutputTokens, maxToolCalls, approvalSeconds, ...budget });
  const wrong = numbers.find(([, value]) => value !== undefined && !(Number.isFinite(value) && value > 0));
  return wrong && invalid(`"${wrong[0]}" must be a number above 0.`);
}

function invalid(message: string): Refusal {
  return { type: 'InvalidRequest', message };
}

function refusalOfNewTurn(state: SessionState, ended: boolean): Refusal | undefined {
  if (ended) return { type: 'SessionClosed', message: 'The session has ended. Start a new one.' };
  const waiting = state.turns.filter(isOpen).length;
  if (waiting > MAX_WAITING_TURNS) {
    return {
      type: 'TurnQueueFull',
      message: `${waiting} messages wait for their answers already, at most ${MAX_WAITING_TURNS} may. Send again when one is answered.`,
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
