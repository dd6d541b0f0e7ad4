import { isOpen } from './conversation.js';
import type { Turn, Usage } from './conversation.js';
import { turnMark } from '../search-attributes.js';
import type { SessionAttributes } from '../search-attributes.js';
import { heldTurn } from './session.js';
import type { SessionState } from './session.js';
import type { SessionSettings } from './session-settings.js';
import type { ToolCall } from '../tools/tool-call.js';

/** Current activity of a session. */
export type SessionActivity = 'waiting' | 'answering' | 'awaiting-approval' | 'ended';

export interface SessionStatus {
  readonly sessionId: string;
  readonly state: SessionActivity;
  /** The turn that is being answered. */
  readonly running?: { readonly turn: number; readonly messageId: string };
  /** Tool calls that wait for approval. */
  readonly waitingCalls: readonly ToolCall[];
  readonly title?: string;
  readonly modelId: string;
  readonly persona?: string;
  readonly settings: SessionSettings;
  readonly startedAt: string;
  readonly turnCount: number;
  /** Newest turn of the current branch; 0 if there is none. */
  readonly head: number;
  /** Turns without an answer yet, including the running one. */
  readonly openTurns: number;
  readonly usage: Usage;
  /** Turns of the branch before this one are not in the prompt. */
  readonly contextFromTurn: number;
  /** Summary of these turns in the prompt. */
  readonly summary?: { readonly text: string; readonly throughTurn: number };
  /** Turns up to this one are in the archive. */
  readonly archivedThrough: number;
}

/** @param running the turn that is being answered */
export function sessionActivity(state: SessionState, running: Turn | undefined, ended: boolean): SessionActivity {
  if (running !== undefined) return waitingCalls(state, running).length > 0 ? 'awaiting-approval' : 'answering';
  return ended ? 'ended' : 'waiting';
}

/** Calls of the running turn that wait for approval. */
export function waitingCalls(state: SessionState, running: Turn | undefined): readonly ToolCall[] {
  const { toolCalls = [] } = (running && heldTurn(state, running.turn)) ?? {};
  return toolCalls.filter((call) => call.state === 'waiting-approval');
}

export function sessionStatus(
  sessionId: string,
  session: SessionState,
  running: Turn | undefined,
  ended: boolean,
): SessionStatus {
  const { settings, title, startedAt, turnCount, head, usage, contextFromTurn, summary, archivedThrough } = session;
  const { modelId, persona } = settings;
  return {
    sessionId,
    state: sessionActivity(session, running, ended),
    ...(running && { running: { turn: running.turn, messageId: running.messageId } }),
    waitingCalls: waitingCalls(session, running),
    ...(title !== undefined && { title }),
    modelId,
    ...(persona !== undefined && { persona }),
    settings,
    startedAt,
    turnCount,
    head,
    openTurns: session.turns.filter(isOpen).length,
    usage,
    contextFromTurn,
    ...(summary && { summary }),
    archivedThrough,
  };
}

/** Search attributes of the session; undefined while it answers, because that is not worth an event. */
export function sessionAttributes(session: SessionState, activity: SessionActivity): SessionAttributes | undefined {
  if (activity === 'answering') return undefined;
  const { userId, modelId, persona = '', personaName = persona } = session.settings;
  const status = activity === 'waiting' ? 'open' : activity;
  const turns = activity === 'ended' ? session.turnCount : turnMark(session.turnCount);
  return { userId, modelId, persona: personaName, status, turns };
}
