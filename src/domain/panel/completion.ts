import type { FinishReason, Usage } from '../session/conversation.js';
import type { Decoding } from '../decoding.js';
import type { AnswerCheckpoint } from '../session/generation.js';
import type { JsonSchema } from '../json-schema.js';
import type { ToolCall, ToolDescription } from '../tools/tool-call.js';
import type { ToolDecision } from '../tools/tool-decision.js';
import type { PanelPrompt } from './prompt.js';

/** Input of the `completePrompt` activity: one step of a panel on a model. */
export interface CompletionInput {
  readonly modelId: string;
  readonly prompt: PanelPrompt;
  readonly tools?: readonly ToolDescription[];
  /** Earlier tool calls with their results, oldest first. */
  readonly calls?: readonly ToolCall[];
  readonly maxOutputTokens: number;
  readonly decoding?: Decoding;
  /** The text is JSON of this schema, unless it ends early. Missing: free text. */
  readonly schema?: JsonSchema;
  /** ISO 8601: when the text must end, even if it is incomplete. */
  readonly deadline?: string;
  /** Maximum number of failures of the model; a worker that dies does not count. */
  readonly maxAttempts: number;
  /** Key of the conversation in the model's cache. */
  readonly cacheKey: string;
}

export interface CompletionOutput {
  readonly text: string;
  readonly finishReason: FinishReason;
  readonly modelId: string;
  readonly usage: Usage;
}

/** Content of heartbeats: the text so far, and the number of failures of the model. */
export interface CompletionCheckpoint extends AnswerCheckpoint {
  readonly failures: number;
}

/** Input of the `decideCall` activity. */
export type CallDecisionInput = Omit<CompletionInput, 'schema'>;

export interface CallDecisionOutput {
  readonly decision: ToolDecision;
  readonly usage: Usage;
}
