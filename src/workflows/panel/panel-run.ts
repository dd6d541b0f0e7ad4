import { ApplicationFailure, setCurrentDetails } from '@temporalio/workflow';
import { NO_USAGE, addUsage } from '../../domain/session/conversation.js';
import type { Usage } from '../../domain/session/conversation.js';
import { SYNTHESIS_RESERVE_TOKENS } from '../../domain/panel/coordinator-prompts.js';
import type { PanelInput } from '../../domain/panel/panel.js';
import { panelResult } from '../../domain/panel/result.js';
import type { PanelOutcome, PanelResult } from '../../domain/panel/result.js';
import { newPanel } from '../../domain/panel/state.js';
import type { PanelState } from '../../domain/panel/state.js';
import { panelStatus } from '../../domain/panel/status.js';
import type {
  PanelActivity,
  PanelStatus,
  PendingReview,
  ReviewDecision,
  WaitingCall,
} from '../../domain/panel/status.js';
import { panelDetails } from '../../domain/panel/tree.js';
import type { BoundedRun } from '../run-until.js';

/** Share of the whole time that is kept for the synthesis, and its maximum in ms. */
const SYNTHESIS_SHARE = 0.2;
const MAX_SYNTHESIS_MS = 120_000;

/** Maximum number of plans, so that a person who never approves does not keep a panel open forever. */
const MAX_REVISIONS = 3;

export type PanelEnding = Pick<PanelResult, 'outcome' | 'conclusion' | 'conclusionBy'>;

/** One run of the `panel` workflow: its state and its running work. Its steps and message handlers share it. */
export class PanelRun {
  state: PanelState;
  usage: Usage = NO_USAGE;
  activity: PanelActivity = 'planning';
  result: PanelResult | undefined;
  isTimeUp = false;
  isBudgetOut = false;
  /** The pending review, and the person's decision. */
  pending: PendingReview | undefined;
  decision: ReviewDecision | undefined;
  readonly waitingCalls = new Map<string, WaitingCall>();
  /** Running experts. */
  readonly children = new Set<BoundedRun<unknown>>();
  /** The running step of the coordinator. */
  running: BoundedRun<unknown> | undefined;

  readonly startedMs: number;
  readonly deadlineMs: number;
  /** Time until which experts are asked; the rest is for the synthesis. */
  readonly workUntilMs: number;
  /** Tokens reserved for the synthesis. */
  readonly keepBack: number;
  readonly coordinatorName: string;
  readonly userId: string;
  private hasStopped = false;
  private steps = 0;
  private revisions = 0;

  constructor(readonly input: PanelInput) {
    this.state = newPanel(input);
    const { deadlineSeconds, tokenBudget } = this.state.limits;
    this.startedMs = Date.now();
    this.deadlineMs = this.startedMs + deadlineSeconds * 1000;
    this.workUntilMs = this.deadlineMs - Math.min(MAX_SYNTHESIS_MS, deadlineSeconds * 1000 * SYNTHESIS_SHARE);
    this.keepBack = tokenBudget === undefined ? 0 : Math.min(SYNTHESIS_RESERVE_TOKENS, Math.floor(tokenBudget / 3));
    this.coordinatorName = input.coordinator?.name ?? 'coordinator';
    this.userId = input.userId ?? input.panelId;
  }

  get isCancelled(): boolean {
    return this.hasStopped;
  }

  get expertNames(): string[] {
    return this.state.experts.map(({ name }) => name);
  }

  /** Stops all running work; the panel then ends with the best result so far. */
  stop(): void {
    this.hasStopped = true;
    this.running?.cancel();
    for (const child of this.children) child.cancel();
  }

  /** Why no more questions are asked, if that is the case. */
  whyOver(): Exclude<PanelOutcome, 'complete' | 'no-answers'> | undefined {
    if (this.isCancelled) return 'cancelled';
    if (this.isTimeUp || Date.now() >= this.workUntilMs) return 'deadline';
    return this.isBudgetOut ? 'budget' : undefined;
  }

  finish(ending: PanelEnding): PanelResult {
    this.activity = 'ended';
    const seconds = (Date.now() - this.startedMs) / 1000;
    this.result = panelResult(this.state, { ...ending, usage: this.usage, seconds });
    this.show();
    return this.result;
  }

  /** From 1: of a step of the coordinator or of a person. */
  nextStepNumber(): number {
    return ++this.steps;
  }

  /** Counts a revision that a person asked for. @returns false if there were too many before it */
  mayRevise(): boolean {
    return this.revisions++ < MAX_REVISIONS;
  }

  spend(usage: Usage): void {
    this.usage = addUsage(this.usage, usage);
  }

  status(): PanelStatus {
    return panelStatus(this.state, {
      activity: this.activity,
      startedAt: new Date(this.startedMs).toISOString(),
      deadline: new Date(this.deadlineMs).toISOString(),
      waitingCalls: [...this.waitingCalls.values()],
      ...(this.pending && { review: this.pending }),
    });
  }

  /** For the Temporal UI. */
  show(): void {
    setCurrentDetails(panelDetails(this.status()));
  }
}

export function invalid(message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, 'InvalidRequest');
}
