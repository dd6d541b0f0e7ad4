import type { Usage } from './conversation.js';
import type { Decoding } from '../decoding.js';
import type { ConversationReference } from './generation.js';
import type { ToolDecision } from '../tools/tool-decision.js';
import type { UserMessage } from './user-message.js';
import { boolean, object, optional, string } from '../schema.js';
import { givenIdSchema } from '../value-schemas.js';

/** Input of the `decide` activity. The activity asks the session for the tools and their results in this turn. */
export interface DecideInput extends ConversationReference {
  readonly turn: number;
  readonly message: UserMessage;
  /** Number of calls that the turn has made so far. */
  readonly callCount: number;
  readonly maxOutputTokens: number;
  readonly decoding?: Decoding;
  /** ISO 8601. */
  readonly deadline?: string;
}

export interface DecideOutput {
  readonly decision: ToolDecision;
  readonly usage: Usage;
  readonly workerQueue?: string;
}

/** A decision on a tool call that waits for approval. */
export interface ApprovalDecision {
  readonly callId: string;
  readonly approve: boolean;
  /** Reason for a refusal, which the model is told. */
  readonly reason?: string;
}

export const approvalDecisionSchema = object<ApprovalDecision>({
  callId: givenIdSchema,
  approve: boolean(),
  reason: optional(string({ maxLength: 2_000 })),
});
