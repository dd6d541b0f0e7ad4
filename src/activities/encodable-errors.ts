import { TemporalFailure } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';

/**
 * For each worker that runs activities: what one throws can be sent. A text with half a surrogate pair, from a model, a tool or a page,
 * cannot be encoded, and would stop the worker with everything it runs.
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

/** The error itself, with its causes, its texts well-formed; what cannot be changed is left as it is. */
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
