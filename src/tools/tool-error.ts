import type { FailureType } from '../domain/failure-types.js';

export type ToolFailureType = Extract<FailureType, `Tool.${string}`>;

/** What tools throw, and whoever defines, finds and calls them. The message is for the model as much as for people. */
export class ToolError extends Error {
  override readonly name = 'ToolError';

  constructor(
    readonly type: ToolFailureType,
    message: string,
    readonly options: {
      readonly cause?: unknown;
      /** Whether the same call may succeed later. Default: for `Tool.TimedOut` only. */
      readonly retryable?: boolean;
    } = {},
  ) {
    super(message, { cause: options.cause });
  }

  get isRetryable(): boolean {
    return this.options.retryable ?? this.type === 'Tool.TimedOut';
  }
}
