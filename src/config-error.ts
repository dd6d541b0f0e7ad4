/** Environment variables are invalid; the message lists all of them. Separate from `config.ts`, which loads a library to parse them. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
