import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { ExpertProfile } from '../../domain/panel/expert.js';
import type { PanelStatus, ReviewDecision } from '../../domain/panel/status.js';
import type { PanelResult } from '../../domain/panel/result.js';
import type { ToolCall } from '../../domain/tools/tool-call.js';
import type { ApprovalDecision } from '../../domain/session/tool-turn.js';

/** What can be said to a running panel, and what panel and experts say to each other. The client imports this file; nothing runs here. */

/** Ends the panel in the best of what there is. */
export const cancelPanelSignal = defineSignal('cancelPanel');

/** The expert is asked the task, beside whatever the others are asked. Fails with `InvalidRequest`. */
export const addExpertUpdate = defineUpdate<PanelStatus, [ExpertProfile]>('addExpert');

/** Whoever plans, judges or integrates from now on reads it. Fails with `InvalidRequest`. */
export const addRemarkUpdate = defineUpdate<PanelStatus, [{ readonly text: string }]>('addRemark');

/** A person's word on what waits for it: `PanelStatus.review`. Fails with `InvalidRequest`. */
export const resolveReviewUpdate = defineUpdate<PanelStatus, [ReviewDecision]>('resolveReview');

/** Allows or refuses a call of an expert that waits for it: `PanelStatus.waitingCalls`. Fails with `InvalidRequest`. */
export const resolvePanelApprovalUpdate = defineUpdate<PanelStatus, [ApprovalDecision]>('resolveApproval');

export const getPanelStatusQuery = defineQuery<PanelStatus>('getStatus');

/** Missing until there is one. */
export const getPanelResultQuery = defineQuery<PanelResult | undefined>('getResult');

/** From an expert to its panel: a call of a tool is in another state now. */
export const expertCallSignal = defineSignal<[ExpertCall]>('expertCall');

export interface ExpertCall {
  readonly questionId: string;
  readonly expert: string;
  readonly call: Pick<ToolCall, 'callId' | 'tool' | 'arguments' | 'state' | 'startedAt'>;
}

/** From a panel to its expert. */
export const expertApprovalSignal = defineSignal<[ApprovalDecision]>('expertApproval');
