import type { JsonSchema, JsonValue } from '../json-schema.js';

/** The properties of a tool that sessions and models need. JSON-safe. */
export interface ToolDescription {
  readonly name: string;
  /** For the model: when to use the tool, and what it returns. */
  readonly description: string;
  /** Schema of an object. */
  readonly parameters: JsonSchema;
  /** Examples of user messages, each with the right call. */
  readonly examples: readonly ToolExample[];
  /** Whether each call needs a person's approval. */
  readonly needsApproval: boolean;
  /** Time limit for one attempt. */
  readonly timeoutMs: number;
  /** Maximum number of attempts of a call, including the first. */
  readonly maxAttempts: number;
}

export interface ToolExample {
  readonly message: string;
  readonly arguments: ToolArguments;
}

export type ToolArguments = Readonly<Record<string, JsonValue>>;

/**
 * `waiting-approval` and `running` are open, the others final. `refused`: a person did not approve it, `reason` says why; `timed-out`:
 * it was not approved in time, or the tool took too long; `failed`: `error` says why.
 */
export type ToolCallState = 'waiting-approval' | 'running' | 'done' | 'failed' | 'refused' | 'timed-out';

/** One call of a tool in a turn. JSON-safe. */
export interface ToolCall {
  /** Unique in its session. */
  readonly callId: string;
  readonly tool: string;
  readonly arguments: ToolArguments;
  readonly state: ToolCallState;
  readonly result?: string;
  readonly error?: string;
  /** Given by the person who refused it. */
  readonly reason?: string;
  /** ISO 8601, the workflow's clock. */
  readonly startedAt: string;
  readonly endedAt?: string;
}

/** Input of the `callTool` activity. */
export interface CallToolInput {
  readonly tool: string;
  readonly arguments: ToolArguments;
  /** The same for each attempt, together with `sessionId` and `turn`, so that a tool can detect work that it has already done. */
  readonly callId: string;
  readonly sessionId: string;
  readonly turn: number;
}

export interface CallToolOutput {
  /** At most `MAX_TOOL_RESULT_BYTES`; if it was cut, its last line says so. */
  readonly result: string;
}

/** In bytes of UTF-8. Limited because results are part of a session's history. */
export const MAX_TOOL_RESULT_BYTES = 65_536;
