/** A fault of the call itself. Its message is all that the user is shown. */
export class CliError extends Error {
  override readonly name = 'CliError';
}
