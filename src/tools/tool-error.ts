import type { FailureType } from '../domain/failure-types.js';
import { KnownFailure } from '../domain/known-failure.js';

export type ToolFailureType = Extract<FailureType, `Tool.${string}`>;

/** Error of a tool, or of the code that defines, finds and calls tools. The message is meant for the model as well as for people. */
export class ToolError extends KnownFailure<ToolFailureType> {
  override readonly name = 'ToolError';
}
