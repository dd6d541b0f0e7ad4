import type { ChatTurn } from './context-window.js';
import { hashConversation, hashNextTurn } from './conversation-hash.js';
import { NO_USAGE, addUsage } from './conversation.js';
import type { Answer, Turn, TurnFailure, Usage } from './conversation.js';
import type { Decoding } from './decoding.js';
import type { FailureType } from './failure-types.js';
import { faultOfUserMessage } from './user-message.js';
import type { UserMessage } from './user-message.js';

/** What a session is made with, and keeps. */
export interface SessionSettings {
  readonly modelId: string;
  /** Rendered first on every prompt; never summarised, never left out. Default: `DEFAULT_PERSONA`. */
  readonly persona?: string;
  readonly decoding?: Decoding;
  /** Default: `DEFAULT_MAX_OUTPUT_TOKENS`. */
  readonly maxOutputTokens?: number;
}

/** Small models answer better when they are told what they are. */
export const DEFAULT_PERSONA = 'You are a helpful assistant.';

export const DEFAULT_MAX_OUTPUT_TOKENS = 512;

/** Messages that may wait for their turn; Temporal itself allows 10 updates in flight. */
export const MAX_WAITING_TURNS = 8;

/** All that a session knows. JSON-safe: it travels whole to the next run at continue-as-new. */
export interface SessionState {
  readonly settings: SessionSettings;
  readonly startedAt: string;
  readonly turns: readonly Turn[];
  /** Sum over the answers so far. */
  readonly usage: Usage;
  /** Number of the first turn that the newest prompt held; turns before it no longer fit the context window. */
  readonly contextFromTurn: number;
  /** Of persona and answered turns. */
  readonly conversationHash: string;
}

export function newSession(given: SessionSettings, now: string): SessionState {
  const settings = { ...given, persona: given.persona ?? DEFAULT_PERSONA };
  return {
    settings,
    startedAt: now,
    turns: [],
    usage: NO_USAGE,
    contextFromTurn: 1,
    conversationHash: hashConversation(settings.persona, []),
  };
}

export interface Refusal {
  readonly type: FailureType;
  readonly message: string;
}

/** Why the session does not take this message, or undefined when it does. A message that it already has is never refused. */
export function refusalOf(state: SessionState, message: UserMessage, ended: boolean): Refusal | undefined {
  const fault = faultOfUserMessage(message);
  if (fault !== undefined) return { type: 'InvalidRequest', message: fault };
  const known = findTurn(state, message.messageId);
  if (known !== undefined) {
    if (known.text === message.text) return undefined;
    return {
      type: 'InvalidRequest',
      message: `Message id "${message.messageId}" was used for another text in turn ${known.turn}. Give each message an id of its own.`,
    };
  }
  if (ended) return { type: 'SessionClosed', message: 'The session has ended. Start a new one.' };
  const waiting = state.turns.filter(isOpen).length;
  if (waiting > MAX_WAITING_TURNS) {
    return {
      type: 'TurnQueueFull',
      message: `${waiting} messages wait for their answers already, at most ${MAX_WAITING_TURNS} may. Send again when one is answered.`,
    };
  }
  return undefined;
}

/** Adds the message as a new turn; returns the state as it is when the message is there already. */
export function acceptMessage(state: SessionState, message: UserMessage, now: string): SessionState {
  if (findTurn(state, message.messageId) !== undefined) return state;
  const turn: Turn = { turn: state.turns.length + 1, messageId: message.messageId, text: message.text, sentAt: now };
  return { ...state, turns: [...state.turns, turn] };
}

export function recordAnswer(state: SessionState, turn: number, answer: Answer, contextFromTurn: number): SessionState {
  const next = replaceTurn(state, turn, { answer });
  const answered = chatTurnOf(findByNumber(next, turn));
  return {
    ...next,
    usage: addUsage(state.usage, answer.usage),
    contextFromTurn,
    conversationHash: answered ? hashNextTurn(state.conversationHash, answered) : state.conversationHash,
  };
}

export function recordFailure(state: SessionState, turn: number, failure: TurnFailure): SessionState {
  return replaceTurn(state, turn, { failure });
}

export function findTurn(state: SessionState, messageId: string): Turn | undefined {
  return state.turns.find((turn) => turn.messageId === messageId);
}

/** The oldest turn that has neither answer nor failure. */
export function nextOpenTurn(state: SessionState): Turn | undefined {
  return state.turns.find(isOpen);
}

export function isOpen(turn: Turn): boolean {
  return turn.answer === undefined && turn.failure === undefined;
}

/** The turn as a prompt holds it; undefined for one without an answer (failed turns are left out of later prompts). */
export function chatTurnOf(turn: Turn | undefined): ChatTurn | undefined {
  if (turn?.answer === undefined) return undefined;
  return { turn: turn.turn, user: turn.text, assistant: turn.answer.text };
}

function findByNumber(state: SessionState, turn: number): Turn | undefined {
  return state.turns[turn - 1];
}

function replaceTurn(state: SessionState, turn: number, outcome: Pick<Turn, 'answer' | 'failure'>): SessionState {
  return { ...state, turns: state.turns.map((each) => (each.turn === turn ? { ...each, ...outcome } : each)) };
}
