import { getExternalWorkflowHandle } from '@temporalio/workflow';
import { NO_USAGE, addUsage } from '../../domain/session/conversation.js';
import { UNASSESSED } from '../../domain/panel/assessment.js';
import type { Assessment } from '../../domain/panel/assessment.js';
import { DEFAULT_EXPERT_SECONDS } from '../../domain/panel/expert.js';
import type { ExpertInput } from '../../domain/panel/expert-question.js';
import { panelWorkflowId } from '../../domain/panel/panel-id.js';
import type { ExpertOutcome } from '../../domain/panel/state.js';
import type { ToolCall } from '../../domain/tools/tool-call.js';
import type { ApprovalDecision } from '../../domain/session/tool-turn.js';
import { expertCallSignal } from './panel-messages.js';
import type { Usage } from '../../domain/session/conversation.js';
import type { BoundedRun } from '../run-until.js';

/** One run of the `expert` workflow: its state, shared by its steps. */
export class ExpertRun {
  readonly approvals = new Map<string, ApprovalDecision>();
  readonly toolCalls: ToolCall[] = [];
  usage: Usage = NO_USAGE;
  text: string | undefined;
  assessment: Assessment = UNASSESSED;
  /** The input, with passages of its knowledge bases. */
  asked: ExpertInput;
  documents: readonly string[] = [];
  /** The answer under way. */
  work: BoundedRun<ExpertOutcome> | undefined;
  readonly deadlineMs: number;
  private readonly timeoutSeconds: number;
  private readonly ownDeadlineMs: number;

  constructor(readonly input: ExpertInput) {
    this.asked = input;
    const { timeoutSeconds = DEFAULT_EXPERT_SECONDS } = input.profile;
    this.timeoutSeconds = timeoutSeconds;
    this.ownDeadlineMs = Date.now() + timeoutSeconds * 1000;
    this.deadlineMs = Math.min(Date.parse(input.deadline), this.ownDeadlineMs);
  }

  get isLate(): boolean {
    return this.work?.isLate() === true;
  }

  spend(usage: Usage): void {
    this.usage = addUsage(this.usage, usage);
  }

  outcome(state: ExpertOutcome['state'], reason?: string): ExpertOutcome {
    const { text, assessment, documents, toolCalls, usage } = this;
    return {
      state,
      ...(text !== undefined && text !== '' && { text, ...wordOf(assessment) }),
      ...(documents.length > 0 && { documents }),
      ...(toolCalls.length > 0 && { toolCalls }),
      ...(reason !== undefined && { reason }),
      usage,
    };
  }

  /** Keeps a call as it is now, and tells the panel of it. */
  record(call: ToolCall): void {
    const { toolCalls } = this;
    const { panelId, questionId, profile } = this.input;
    const index = toolCalls.findIndex(({ callId }) => callId === call.callId);
    if (index === -1) toolCalls.push(call);
    else toolCalls[index] = call;
    const { callId, tool, arguments: args, state, startedAt } = call;
    // The panel has ended, so it needs no report.
    void getExternalWorkflowHandle(panelWorkflowId(panelId))
      .signal(expertCallSignal, {
        questionId,
        expert: profile.name,
        call: { callId, tool, arguments: args, state, startedAt },
      })
      .catch(() => undefined);
  }

  timeoutText(): string {
    return this.ownDeadlineMs <= Date.parse(this.input.deadline)
      ? `its ${this.timeoutSeconds} s`
      : 'the time of the panel';
  }
}

function wordOf({ confidence, sources }: Assessment): Pick<ExpertOutcome, 'confidence' | 'sources'> {
  return { confidence, sources };
}
