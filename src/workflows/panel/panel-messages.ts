import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { ExpertProfile } from '../../domain/panel/expert.js';
import type { PanelStatus, ReviewDecision } from '../../domain/panel/status.js';
import type { PanelResult } from '../../domain/panel/result.js';
import type { ToolCall } from '../../domain/tools/tool-call.js';
import type { ApprovalDecision } from '../../domain/session/tool-turn.js';

/** Messages to a running panel, and between a panel and its experts. The client imports this file, so it contains no workflow code. */

/** Ends the panel with the best result so far. */
export const cancelPanelSignal = defineSignal('cancelPanel');

/** Adds an expert, which is asked the task. Fails with `InvalidRequest`. */
export const addExpertUpdate = defineUpdate<PanelStatus, [ExpertProfile]>('addExpert');

/** Adds a remark that the later steps of the coordinator read. Fails with `InvalidRequest`. */
export const addRemarkUpdate = defineUpdate<PanelStatus, [{ readonly text: string }]>('addRemark');

/** A person's decision on `PanelStatus.review`. Fails with `InvalidRequest`. */
export const resolveReviewUpdate = defineUpdate<PanelStatus, [ReviewDecision]>('resolveReview');

/** Allows or refuses a tool call of an expert in `PanelStatus.waitingCalls`. Fails with `InvalidRequest`. */
export const resolvePanelApprovalUpdate = defineUpdate<PanelStatus, [ApprovalDecision]>('resolveApproval');

export const getPanelStatusQuery = defineQuery<PanelStatus>('getStatus');

/** Undefined until there is one. */
export const getPanelResultQuery = defineQuery<PanelResult | undefined>('getResult');

/** From an expert to its panel: the state of a tool call has changed. */
export const expertCallSignal = defineSignal<[ExpertCall]>('expertCall');

export interface ExpertCall {
  readonly questionId: string;
  readonly expert: string;
  readonly call: Pick<ToolCall, 'callId' | 'tool' | 'arguments' | 'state' | 'startedAt'>;
}

/** From a panel to its expert. */
export const expertApprovalSignal = defineSignal<[ApprovalDecision]>('expertApproval');
