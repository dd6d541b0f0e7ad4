/** Environment variables are wrong: all of them, not only the first. Apart from `config.ts`, which loads a library to parse them. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
