import type { JsonSchema, JsonValue } from '../json-schema.js';

/** What a session and a model must know of a tool. JSON-safe. */
export interface ToolDescription {
  readonly name: string;
  /** For the model: when to use it, and what it gives. */
  readonly description: string;
  /** Of an object. */
  readonly parameters: JsonSchema;
  /** What somebody may write, and the call that suits it. */
  readonly examples: readonly ToolExample[];
  /** Whether somebody must agree before each call. */
  readonly needsApproval: boolean;
  /** For one attempt. */
  readonly timeoutMs: number;
  /** How often a call that failed may be tried, the first time included. */
  readonly maxAttempts: number;
}

export interface ToolExample {
  readonly message: string;
  readonly arguments: ToolArguments;
}

export type ToolArguments = Readonly<Record<string, JsonValue>>;

/**
 * `waiting-approval` and `running` are open, the others final. `refused`: somebody did not agree, `reason` says why; `timed-out`: nobody
 * agreed in time, or the tool took too long; `failed`: `error` says why.
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
  /** Given by whoever refused it. */
  readonly reason?: string;
  /** ISO 8601, the workflow's clock. */
  readonly startedAt: string;
  readonly endedAt?: string;
}

/** What the `callTool` activity is given. */
export interface CallToolInput {
  readonly tool: string;
  readonly arguments: ToolArguments;
  /** With `sessionId` and `turn` the same for each attempt, so that a tool can tell that it did the work before. */
  readonly callId: string;
  readonly sessionId: string;
  readonly turn: number;
}

export interface CallToolOutput {
  /** At most `MAX_TOOL_RESULT_BYTES`; where more was cut off, its last line says so. */
  readonly result: string;
}

/** In bytes of UTF-8. Results are part of a session's history. */
export const MAX_TOOL_RESULT_BYTES = 65_536;
