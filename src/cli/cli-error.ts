/** A fault in how a command was called. The user sees only its message. */
export class CliError extends Error {
  override readonly name = 'CliError';
}
