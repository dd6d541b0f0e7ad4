import type { Config } from '../config.js';
import type { DatabaseAddress } from '../database/database-address.js';
import { databaseSocketPath } from '../local-socket.js';

/** The configured server, otherwise the embedded database of the data folder. */
export function locateDatabase({ databaseUrl }: Config, home: string): DatabaseAddress {
  return databaseUrl === undefined ? { socketPath: databaseSocketPath(home) } : { url: databaseUrl };
}
