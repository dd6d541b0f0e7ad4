import type { ChatTurn } from './context-window.js';
import { EMPTY_HASH, hashNextTurn } from '../conversation-hash.js';
import { NO_USAGE, addUsage, isOpen } from './conversation.js';
import type { Answer, Turn, TurnFailure, Usage } from './conversation.js';
import type { Decoding } from '../decoding.js';
import { DEFAULT_PERSONA } from './session-settings.js';
import type { SessionSettings, SettingsChange } from './session-settings.js';
import type { ToolCall, ToolDescription } from '../tools/tool-call.js';
import { toolResultsText } from '../tools/tool-texts.js';
import type { UserMessage } from './user-message.js';

/**
 * State of a session. JSON-safe: continue-as-new passes it to the next run, without the turns that the archive has (`carrySession`).
 *
 * The transcript is a tree: each turn refers to its predecessor, and the current branch is the path from the beginning to `head`. Nothing
 * is overwritten: editing and regenerating add turns beside the old ones.
 */
export interface SessionState {
  readonly settings: SessionSettings;
  readonly startedAt: string;
  readonly title?: string;
  /** Turns in this state, by number. Older ones may only be in the archive. */
  readonly turns: readonly Turn[];
  /** Number of turns so far, including those in the archive. */
  readonly turnCount: number;
  /** Newest turn of the current branch; 0 if there is none. The next message follows it. */
  readonly head: number;
  /** All turns up to this one are in the archive. */
  readonly archivedThrough: number;
  /** Parents of the turns that do not follow the turn with the previous number, whether they are in this state or not. */
  readonly branchPoints: Readonly<Record<string, number>>;
  /** Message ids of turns that are no longer in this state, newest last, with their turns. */
  readonly messageIds: readonly (readonly [messageId: string, turn: number])[];
  readonly failedTurns: number;
  /** Sum over all answers so far. */
  readonly usage: Usage;
  /** First turn in the newest prompt; earlier turns no longer fit the context window. */
  readonly contextFromTurn: number;
  /** Summary of the turns that are no longer in the prompt. */
  readonly summary?: ConversationSummary;
  /** Tools of the settings, as described by their worker; missing until the first turn that may call them. */
  readonly tools?: readonly ToolDescription[];
  /** Whether the part of the prompt before the turns (persona, summary) has changed since the newest answer. */
  readonly preambleChanged?: boolean;
  /** Queue of the worker that wrote the newest answer and therefore has the conversation's state. */
  readonly workerQueue?: string;
}

export interface ConversationSummary {
  readonly text: string;
  /** Last turn of the branch that it covers. */
  readonly throughTurn: number;
}

export function newSession(given: SessionSettings, now: string): SessionState {
  return {
    settings: { ...given, persona: given.persona ?? DEFAULT_PERSONA },
    startedAt: now,
    turns: [],
    turnCount: 0,
    head: 0,
    archivedThrough: 0,
    branchPoints: {},
    messageIds: [],
    failedTurns: 0,
    usage: NO_USAGE,
    contextFromTurn: 1,
  };
}

/** Adds the message as a new turn of the current branch. Returns the state unchanged if the message already exists. */
export function acceptMessage(state: SessionState, message: UserMessage, now: string): SessionState {
  if (turnOfMessage(state, message.messageId) !== undefined) return state;
  return addTurn(state, { ...message, parent: state.head, sentAt: now });
}

/** Adds a turn beside another one, which begins a branch. The context window is reset if it is not part of the new branch. */
export function acceptAlternative(
  state: SessionState,
  beside: Turn,
  message: UserMessage & { readonly decoding?: Decoding },
  now: string,
): SessionState {
  if (turnOfMessage(state, message.messageId) !== undefined) return state;
  const { parent, hashBefore } = beside;
  return addTurn(refitWindow(state, parent), { ...message, parent, hashBefore, sentAt: now });
}

/** Continues from another turn: the next message follows it. */
export function selectBranch(state: SessionState, turn: number): SessionState {
  return { ...refitWindow(state, turn), head: turn };
}

function addTurn(state: SessionState, { messageId, text, parent, ...rest }: Omit<Turn, 'turn'>): SessionState {
  const turn = state.turnCount + 1;
  return {
    ...state,
    turns: [...state.turns, { turn, parent, messageId, text, ...rest }],
    turnCount: turn,
    head: turn,
    branchPoints: parent === turn - 1 ? state.branchPoints : { ...state.branchPoints, [turn]: parent },
  };
}

function refitWindow(state: SessionState, parent: number): SessionState {
  const { contextFromTurn, summary, ...rest } = state;
  const kept = summary !== undefined && isOnPath(state, summary.throughTurn, parent) ? summary : undefined;
  const stays = contextFromTurn === 1 || isOnPath(state, contextFromTurn, parent);
  return {
    ...rest,
    ...(kept !== undefined && { summary: kept }),
    contextFromTurn: stays ? contextFromTurn : (kept?.throughTurn ?? 0) + 1,
    ...(kept !== summary && { preambleChanged: true }),
  };
}

export function changeSettings(state: SessionState, change: SettingsChange): SessionState {
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  const settings: SessionSettings = { ...state.settings, ...given };
  const { workerQueue, tools, ...rest } = state;
  const sameTools = JSON.stringify(settings.tools) === JSON.stringify(state.settings.tools);
  const sameModel = settings.modelId === state.settings.modelId;
  return {
    ...rest,
    settings,
    // Workers of another model do not have this conversation's state.
    ...(sameModel && workerQueue !== undefined && { workerQueue }),
    ...(sameTools && tools !== undefined && { tools }),
    preambleChanged: state.preambleChanged === true || settings.persona !== state.settings.persona,
  };
}

export function recordAnswer(
  state: SessionState,
  turn: number,
  answer: Answer,
  { fromTurn, workerQueue }: { readonly fromTurn: number; readonly workerQueue?: string },
): SessionState {
  const { preambleChanged, ...rest } = closeTurn(state, turn, { answer });
  // A summary written meanwhile counts from the next prompt on, because this prompt began before the summary's end.
  const summarised = state.summary?.throughTurn ?? 0;
  const isOvertaken = fromTurn <= summarised && isOnPath(state, summarised, turn);
  return {
    ...rest,
    usage: addUsage(state.usage, answer.usage),
    contextFromTurn: isOvertaken ? summarised + 1 : fromTurn,
    ...(isOvertaken && { preambleChanged }),
    ...(workerQueue !== undefined && { workerQueue }),
  };
}

/** Adds a call to the running turn, or updates it if the turn already has it. */
export function recordToolCall(state: SessionState, turn: number, call: ToolCall): SessionState {
  return {
    ...state,
    turns: state.turns.map((each) => {
      if (each.turn !== turn) return each;
      const { toolCalls = [] } = each;
      const known = toolCalls.some(({ callId }) => callId === call.callId);
      return {
        ...each,
        toolCalls: known ? toolCalls.map((one) => (one.callId === call.callId ? call : one)) : [...toolCalls, call],
      };
    }),
  };
}

export function recordFailure(state: SessionState, turn: number, failure: TurnFailure): SessionState {
  return closeTurn(state, turn, { failure });
}

/** Adopts a summary, unless the conversation has left its branch. */
export function recordSummary(state: SessionState, summary: ConversationSummary, usage: Usage): SessionState {
  const spent = { ...state, usage: addUsage(state.usage, usage) };
  if (!isOnPath(state, summary.throughTurn, state.head)) return spent;
  return {
    ...spent,
    summary,
    preambleChanged: true,
    contextFromTurn: Math.max(state.contextFromTurn, summary.throughTurn + 1),
  };
}

/** The turn of a message, whether it is in this state or not. */
export function turnOfMessage(state: SessionState, messageId: string): number | undefined {
  return (
    state.turns.find((turn) => turn.messageId === messageId)?.turn ??
    state.messageIds.find(([id]) => id === messageId)?.[1]
  );
}

export function findTurn(state: SessionState, messageId: string): Turn | undefined {
  return state.turns.find((turn) => turn.messageId === messageId);
}

export function heldTurn(state: SessionState, turn: number): Turn | undefined {
  return state.turns.find((each) => each.turn === turn);
}

/** The oldest turn with neither answer nor failure. */
export function nextOpenTurn(state: SessionState): Turn | undefined {
  return state.turns.find(isOpen);
}

/** The part of a branch that is in this state, oldest turn first, and the turn before it. */
export interface HeldPath {
  readonly turns: readonly Turn[];
  /** The turn before them, which is in the archive; 0 if there is none. */
  readonly olderHead: number;
}

/** The branch that ends with this turn. */
export function heldPath(state: SessionState, head: number): HeldPath {
  const held = new Map(state.turns.map((turn) => [turn.turn, turn]));
  const turns: Turn[] = [];
  let turn = held.get(head);
  let olderHead = head;
  for (; turn !== undefined; turn = held.get(olderHead)) {
    turns.push(turn);
    olderHead = turn.parent;
  }
  return { turns: turns.toReversed(), olderHead };
}

/** Whether a turn belongs to the branch that ends with `head`. */
export function isOnPath({ branchPoints }: SessionState, turn: number, head: number): boolean {
  let at = head;
  // Numbers grow along a branch.
  while (at > turn) at = branchPoints[at] ?? at - 1;
  return at === turn;
}

/** Digest of the branch that ends with this turn; undefined if this state lacks the turn or earlier ones that it needs. */
export function hashAfter(state: SessionState, turn: number): string | undefined {
  if (turn === 0) return EMPTY_HASH;
  const held = heldTurn(state, turn);
  if (held === undefined) return undefined;
  const before = held.hashBefore ?? hashAfter(state, held.parent);
  return before === undefined ? undefined : hashAfterTurn(before, held);
}

export function hashAfterTurn(before: string, turn: Turn): string {
  const answered = chatTurnOf(turn);
  return answered === undefined ? before : hashNextTurn(before, answered);
}

/** The turn as part of a prompt; undefined if it has no answer (failed turns are left out of later prompts). */
export function chatTurnOf(turn: Turn | undefined): ChatTurn | undefined {
  if (turn?.answer === undefined) return undefined;
  const results = toolResultsText(turn.toolCalls ?? []);
  const user = results === '' ? turn.text : `${turn.text}\n\n${results}`;
  const { text, thinking } = turn.answer;
  return { turn: turn.turn, user, assistant: text, ...(thinking !== undefined && { thinking }) };
}

function closeTurn(state: SessionState, turn: number, outcome: Pick<Turn, 'answer' | 'failure'>): SessionState {
  const parent = heldTurn(state, turn)?.parent;
  const hashBefore = parent === undefined ? undefined : hashAfter(state, parent);
  return {
    ...state,
    failedTurns: state.failedTurns + (outcome.failure === undefined ? 0 : 1),
    turns: state.turns.map((each) =>
      each.turn === turn
        ? { ...each, ...(each.hashBefore === undefined && hashBefore !== undefined && { hashBefore }), ...outcome }
        : each,
    ),
  };
}
