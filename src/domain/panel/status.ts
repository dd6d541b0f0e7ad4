import { hashText } from '../conversation-hash.js';
import type { ToolCall } from '../tools/tool-call.js';
import { excerpt } from '../text.js';
import type { Confidence } from './assessment.js';
import type { ResolvedLimits, Way } from './panel.js';
import type { PlannedQuestion } from './plan.js';
import { tokensOf } from './panel.js';
import type { PanelState, QuestionState } from './state.js';
import { array, boolean, object, optional, string } from '../schema.js';
import { givenIdSchema } from '../value-schemas.js';

/** Current activity of a panel. */
export type PanelActivity =
  'planning' | 'asking' | 'judging' | 'choosing' | 'synthesising' | 'awaiting-person' | 'ended';

/** A review that waits for a person. */
export interface PendingReview {
  readonly reviewId: string;
  readonly kind: 'plan' | 'question' | 'result';
  /** The coordinator's question, or the result so far. */
  readonly text: string;
  readonly plan?: readonly PlannedQuestion[];
}

/** A person's decision on a review. */
export interface ReviewDecision {
  readonly reviewId: string;
  /** For a question: whether the person answers it. */
  readonly approve: boolean;
  /** An answer to a question; otherwise the requested change. At most `MAX_REMARK_LENGTH` characters. */
  readonly text?: string;
  /** Replaces the plan under review. */
  readonly plan?: readonly PlannedQuestion[];
}

export const MAX_REMARK_LENGTH = 4_000;
/** Maximum characters of the task in a status. */
export const MAX_STATUS_TASK = 500;

/** An expert's tool call that waits for approval. */
export interface WaitingCall extends Pick<ToolCall, 'tool' | 'arguments' | 'startedAt'> {
  /** `QUESTION/CALL`: unique in the panel. */
  readonly callId: string;
  readonly expert: string;
}

export interface PanelStatus {
  readonly panelId: string;
  /** Beginning of the task, on one line. */
  readonly task: string;
  /** `hashText` of the whole task. Missing in panels of 0.1.0. */
  readonly taskHash?: string;
  readonly way: Way;
  readonly activity: PanelActivity;
  readonly round: number;
  readonly limits: ResolvedLimits;
  readonly experts: readonly { readonly name: string; readonly responsibility: string }[];
  readonly questions: readonly QuestionStatus[];
  readonly tokens: { readonly spent: number; readonly reserved: number; readonly budget?: number };
  readonly startedAt: string;
  readonly deadline: string;
  readonly review?: PendingReview;
  readonly waitingCalls: readonly WaitingCall[];
  readonly remarks: readonly string[];
}

export interface QuestionStatus {
  readonly questionId: string;
  readonly round: number;
  readonly expert: string;
  /** Beginning of the question. */
  readonly question: string;
  readonly after: readonly string[];
  readonly state: QuestionState;
  readonly confidence?: Confidence;
  readonly reason?: string;
  readonly tokens?: number;
  readonly startedAt?: string;
  readonly endedAt?: string;
}

export function panelStatus(
  state: PanelState,
  now: Pick<PanelStatus, 'activity' | 'startedAt' | 'deadline' | 'waitingCalls' | 'review'>,
): PanelStatus {
  const { spent, limit, reserved } = state.budget;
  return {
    panelId: state.panelId,
    task: excerpt(state.task, MAX_STATUS_TASK),
    taskHash: hashText(state.task),
    way: state.way,
    round: state.round,
    limits: state.limits,
    experts: state.experts.map(({ name, responsibility }) => ({ name, responsibility: excerpt(responsibility, 200) })),
    questions: state.questions.map(({ outcome, text, ...question }) => ({
      ...question,
      question: excerpt(text, 200),
      ...(outcome?.confidence !== undefined && { confidence: outcome.confidence }),
      ...(outcome?.reason !== undefined && { reason: excerpt(outcome.reason, 200) }),
      ...(outcome && { tokens: tokensOf(outcome.usage) }),
    })),
    tokens: {
      spent,
      reserved: Object.values(reserved).reduce((sum, each) => sum + each, 0),
      ...(limit !== undefined && { budget: limit }),
    },
    remarks: state.remarks.map((remark) => excerpt(remark, 200)),
    ...now,
  };
}

export const remarkSchema = string({ minLength: 1, maxLength: MAX_REMARK_LENGTH, notBlank: true });

const plannedQuestionSchema = object<PlannedQuestion>({
  expert: givenIdSchema,
  question: string({ maxLength: MAX_REMARK_LENGTH }),
  after: array(givenIdSchema, { most: 50 }),
});

export const reviewDecisionSchema = object<ReviewDecision>({
  reviewId: givenIdSchema,
  approve: boolean(),
  text: optional(remarkSchema),
  plan: optional(array(plannedQuestionSchema, { most: 100 })),
});
