import {
  ApplicationFailure,
  patched,
  proxyActivities,
  setCurrentDetails,
  upsertMemo,
  upsertSearchAttributes,
  type CancellationScope,
} from '@temporalio/workflow';
import type { ArchiveActivities } from '../../activities/session/archive.js';
import { resumeSession } from '../../domain/session/carry-session.js';
import { isOpen } from '../../domain/session/conversation.js';
import type { Turn, TurnFailure } from '../../domain/session/conversation.js';
import {
  findTurn,
  heldTurn,
  newSession,
  nextOpenTurn,
  recordFailure,
  turnOfMessage,
} from '../../domain/session/session.js';
import type { SessionState } from '../../domain/session/session.js';
import { sessionDetails } from '../../domain/session/session-details.js';
import type { SessionSettings } from '../../domain/session/session-settings.js';
import { sessionActivity, sessionAttributes, sessionStatus } from '../../domain/session/session-status.js';
import type { SessionStatus } from '../../domain/session/session-status.js';
import { ARCHIVE_TASK_QUEUE } from '../../domain/task-queues.js';
import type { ApprovalDecision } from '../../domain/session/tool-turn.js';
import { TURN_CANCELLED } from '../answer/answer-turn.js';
import { searchAttributePairs } from '../search-attributes.js';
import { AnswerWaiters } from './answer-waiters.js';
import { createSessionUpkeep } from './session-upkeep.js';
import type { SessionUpkeep } from './session-upkeep.js';

/** What a session begins with, or goes on with in another run. */
export interface ChatSessionInput {
  readonly sessionId: string;
  readonly settings: SessionSettings;
  /** Begin with a branch of another session, up to this turn. It must be in the archive, or that session still be there. */
  readonly forkOf?: ForkOf;
  /** Whether closed turns are handed to the archive. Default: true. Without it the session holds all its turns. */
  readonly archive?: boolean;
  /** Handed on by the run before, at continue-as-new. */
  readonly carried?: Parameters<typeof resumeSession>[0];
  /** Continue as new after so many events, also when the server does not suggest it yet. Default: `MAX_HISTORY_LENGTH`. */
  readonly maxHistoryLength?: number;
}

/** The branch of another session that a new one begins with. */
export interface ForkOf {
  readonly sessionId: string;
  readonly turn: number;
  readonly title?: string;
}

/** The turn that is being answered. */
export interface RunningTurn {
  readonly turn: Turn;
  readonly scope: CancellationScope;
  /** As it was when the turn began. */
  readonly state: SessionState;
  /** Of what stands before the turns in its prompts. */
  readonly preambleHash?: string;
}

const { readArchivedTurns } = proxyActivities<ArchiveActivities>({
  taskQueue: ARCHIVE_TASK_QUEUE,
  startToCloseTimeout: '5 minutes',
  scheduleToCloseTimeout: '30 minutes',
  heartbeatTimeout: '30 seconds',
});

/** One run of the `chatSession` workflow: what it knows, and what is under way. Shared by its steps and its handlers of messages. */
export class SessionRun {
  /** No more messages; the open turns are answered. */
  ended = false;
  /** Whether the session has what it begins with: a fork waits for the other session's branch. */
  isReady: boolean;
  running: RunningTurn | undefined;
  readonly approvals = new Map<string, ApprovalDecision>();
  readonly sessionId: string;
  /** False in sessions of 0.1.0, which go on as they were: without archive, summaries and a bound of their own. */
  readonly hasUpkeep: boolean;
  readonly upkeep: SessionUpkeep;
  private current: SessionState;
  readonly waiters = new AnswerWaiters((messageId) => this.isOpenMessage(messageId));
  private shownAttributes = '';

  constructor(readonly input: ChatSessionInput) {
    const { sessionId, settings, carried, forkOf, archive = true } = input;
    this.sessionId = sessionId;
    this.hasUpkeep = patched('archive-and-summary');
    this.current = carried ? resumeSession(carried) : newSession(settings, now());
    this.isReady = forkOf === undefined || carried !== undefined;
    this.upkeep = createSessionUpkeep(this, { archives: archive && this.hasUpkeep, onChange: () => this.show() });
  }

  get state(): SessionState {
    return this.current;
  }

  /** Whoever waits for an answer that the new state has is told. */
  set state(next: SessionState) {
    this.current = next;
    this.waiters.tell();
  }

  isKnown(messageId: string): boolean {
    return turnOfMessage(this.state, messageId) !== undefined;
  }

  /** A turn that has ended, from the archive when it is not held. */
  async turnOf(turn: number): Promise<Turn> {
    const held = heldTurn(this.state, turn);
    if (held !== undefined) return held;
    const { turns } = await readArchivedTurns({ sessionId: this.sessionId, fromTurn: turn, toTurn: turn });
    const [archived] = turns;
    if (archived === undefined) {
      throw ApplicationFailure.nonRetryable(`Turn ${turn} of the session is not in the archive.`, 'InvalidRequest');
    }
    return archived;
  }

  /** Stops the running turn, or the one that the message became, also while it waits. */
  cancelTurn(messageId: string | undefined): void {
    const { running } = this;
    if (running && (messageId === undefined || running.turn.messageId === messageId)) {
      running.scope.cancel();
      return;
    }
    const turn = messageId === undefined ? undefined : findTurn(this.state, messageId);
    if (turn && isOpen(turn)) this.state = recordFailure(this.state, turn.turn, TURN_CANCELLED);
  }

  failOpenTurns(failure: TurnFailure): void {
    for (let turn = nextOpenTurn(this.state); turn; turn = nextOpenTurn(this.state)) {
      this.state = recordFailure(this.state, turn.turn, failure);
    }
  }

  setTitle(title: string): void {
    this.state = { ...this.state, title };
    upsertMemo({ title, modelId: this.state.settings.modelId });
  }

  status(): SessionStatus {
    return sessionStatus(this.sessionId, this.state, this.running?.turn, this.ended);
  }

  /** For the Temporal UI and for lists of sessions. */
  show(): void {
    const activity = sessionActivity(this.state, this.running?.turn, this.ended);
    setCurrentDetails(sessionDetails(this.state, activity));
    const attributes = this.hasUpkeep ? sessionAttributes(this.state, activity) : undefined;
    const text = JSON.stringify(attributes);
    if (attributes === undefined || text === this.shownAttributes) return;
    // Each change is an event: not every turn is worth one.
    this.shownAttributes = text;
    upsertSearchAttributes(searchAttributePairs(attributes));
  }

  /** What the running turn does now, for the Temporal UI. */
  showStep(step: string, about = ''): void {
    const activity = sessionActivity(this.state, this.running?.turn, this.ended);
    setCurrentDetails(sessionDetails(this.state, activity, about === '' ? step : `${step}: ${about}`));
  }

  private isOpenMessage(messageId: string): boolean {
    const turn = findTurn(this.state, messageId);
    return turn !== undefined && isOpen(turn);
  }
}

/** The workflow's clock: in the sandbox `Date` is replayed. */
export function now(): string {
  return new Date().toISOString();
}
