import { TemporalFailure } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';

/**
 * Interceptor for every worker that runs activities: makes sure that a thrown error can be sent. Text with half a surrogate pair, from a
 * model, a tool or a page, cannot be encoded, and would stop the worker with everything that it runs.
 */
export const encodableErrors: ActivityInterceptorsFactory = () => ({
  inbound: {
    async execute(input, next) {
      try {
        return await next(input);
      } catch (error) {
        throw mended(error);
      }
    },
  },
});

/** The same error, with all texts of it and its causes made well-formed; properties that cannot be changed stay as they are. */
function mended(error: unknown, depth = 0): unknown {
  if (typeof error === 'string') return error.toWellFormed();
  if (!(error instanceof Error) || depth > 20) return error;
  for (const field of ['message', 'stack', 'name'] as const) {
    const text: unknown = error[field];
    if (typeof text === 'string' && !text.isWellFormed()) Object.assign(error, { [field]: text.toWellFormed() });
  }
  if (error instanceof TemporalFailure && 'type' in error && typeof error.type === 'string')
    Object.assign(error, { type: error.type.toWellFormed() });
  if (error.cause !== undefined) Object.assign(error, { cause: mended(error.cause, depth + 1) });
  return error;
}
