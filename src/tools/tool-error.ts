import type { FailureType } from '../domain/failure-types.js';
import { KnownFailure } from '../domain/known-failure.js';

export type ToolFailureType = Extract<FailureType, `Tool.${string}`>;

/** What tools throw, and whoever defines, finds and calls them. The message is for the model as much as for people. */
export class ToolError extends KnownFailure<ToolFailureType> {
  override readonly name = 'ToolError';
}
