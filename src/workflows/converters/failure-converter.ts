import { DefaultFailureConverter } from '@temporalio/common';
import type { FailureConverter, ProtoFailure } from '@temporalio/common';
import { mend } from './encodable-commands.js';

const sdk = new DefaultFailureConverter();

/**
 * Of the bundle (the build names this module): the SDK's own, except that each failure can be encoded. An error that fails a workflow's
 * task goes to the server beside the commands, so that `encodableCommands` does not see it.
 */
export const failureConverter: FailureConverter = {
  errorToFailure(error, ...others) {
    let failure: ProtoFailure;
    try {
      failure = sdk.errorToFailure(error, ...others);
    } catch (fault) {
      // Details that no converter takes.
      failure = sdk.errorToFailure(fault, ...others);
    }
    mend(failure);
    return failure;
  },
  failureToError: (failure, ...others) => sdk.failureToError(failure, ...others),
};
