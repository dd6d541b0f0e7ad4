import { DefaultFailureConverter } from '@temporalio/common';
import type { FailureConverter, ProtoFailure } from '@temporalio/common';
import { mend } from './encodable-commands.js';

const sdk = new DefaultFailureConverter();

/**
 * Failure converter of the bundle (the build names this module): that of the SDK, except that each failure can be encoded. An error that fails a
 * workflow task goes to the server beside the commands, so `encodableCommands` does not see it.
 */
export const failureConverter: FailureConverter = {
  errorToFailure(error, ...others) {
    let failure: ProtoFailure;
    try {
      failure = sdk.errorToFailure(error, ...others);
    } catch (fault) {
      // No converter accepts the details.
      failure = sdk.errorToFailure(fault, ...others);
    }
    mend(failure);
    return failure;
  },
  failureToError: (failure, ...others) => sdk.failureToError(failure, ...others),
};
