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

/** Input of a session: of its first run, or of a run that continues it. */
export interface ChatSessionInput {
  readonly sessionId: string;
  readonly settings: SessionSettings;
  /** Starts with a branch of another session, up to this turn. The turn must be in the archive, or that session must still exist. */
  readonly forkOf?: ForkOf;
  /** Whether closed turns are handed to the archive. Default: true. Without an archive, the session holds all its turns. */
  readonly archive?: boolean;
  /** State of the previous run, handed on at continue-as-new. */
  readonly carried?: Parameters<typeof resumeSession>[0];
  /** Continues as new after this many events, even if the server does not suggest it yet. Default: `MAX_HISTORY_LENGTH`. */
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
  /** State at the beginning of the turn. */
  readonly state: SessionState;
  /** Digest of what precedes the turns in its prompts. */
  readonly preambleHash?: string;
}

const { readArchivedTurns } = proxyActivities<ArchiveActivities>({
  taskQueue: ARCHIVE_TASK_QUEUE,
  startToCloseTimeout: '5 minutes',
  scheduleToCloseTimeout: '30 minutes',
  heartbeatTimeout: '30 seconds',
});

/** One run of the `chatSession` workflow: its state and its running work. Its steps and message handlers share it. */
export class SessionRun {
  /** The session accepts no more messages; open turns are answered. */
  ended = false;
  /** Whether the session is ready: a fork first waits for the other session's branch. */
  isReady: boolean;
  running: RunningTurn | undefined;
  readonly approvals = new Map<string, ApprovalDecision>();
  readonly sessionId: string;
  /** False in sessions of 0.1.0, which continue without archive, summaries and a bound of their own. */
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

  /** Sets the state, and resolves the callers whose answers it contains. */
  set state(next: SessionState) {
    this.current = next;
    this.waiters.tell();
  }

  isKnown(messageId: string): boolean {
    return turnOfMessage(this.state, messageId) !== undefined;
  }

  /** Returns a turn that has ended, from the archive if the session does not have it. */
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

  /** Stops the running turn, or the turn of a message, even if it still waits. */
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
    // Each change is an event, so it is not made for every turn.
    this.shownAttributes = text;
    upsertSearchAttributes(searchAttributePairs(attributes));
  }

  /** Current step of the running turn, for the Temporal UI. */
  showStep(step: string, about = ''): void {
    const activity = sessionActivity(this.state, this.running?.turn, this.ended);
    setCurrentDetails(sessionDetails(this.state, activity, about === '' ? step : `${step}: ${about}`));
  }

  private isOpenMessage(messageId: string): boolean {
    const turn = findTurn(this.state, messageId);
    return turn !== undefined && isOpen(turn);
  }
}

/** The workflow's clock. In the sandbox, `Date` is replayed. */
export function now(): string {
  return new Date().toISOString();
}
