import type { FailureType } from '../domain/failure-types.js';
import { KnownFailure } from '../domain/known-failure.js';
import type { DatabaseAddress } from './database-address.js';
import { describeAddress } from './database-address.js';

export type DatabaseFailureType = Extract<FailureType, `Database.${string}`>;

/** A failure of the database itself. The message is one line that says what happened and what to set or start. */
export class DatabaseError extends KnownFailure<DatabaseFailureType> {
  override readonly name = 'DatabaseError';
}

/** Maps errors of `pg` with a known meaning to `DatabaseError`; returns all others unchanged. */
export function toDatabaseError(error: unknown, address: DatabaseAddress): unknown {
  if (!(error instanceof Error)) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const where = describeAddress(address);
  const reason = error.message === '' ? code : error.message;
  if (UNREACHABLE_CODE.test(code) || UNREACHABLE_MESSAGE.test(error.message)) {
    return new DatabaseError(
      'Database.Unreachable',
      `No database answers at ${where} (${reason}). ${remedy(address)}`,
      {
        cause: error,
      },
    );
  }
  if (REFUSED_CODE.test(code)) {
    return new DatabaseError(
      'Database.Refused',
      `The database at ${where} refuses (${reason}). Set user, password and database name in DATABASE_URL, and give that user the right to create a schema there.`,
      { cause: error },
    );
  }
  if (FULL_CODE.test(code)) {
    const lack = code === OUT_OF_MEMORY_CODE ? 'memory' : 'room on its disk';
    return new DatabaseError('Database.Full', `The database at ${where} has no ${lack} left (${reason}). Free some.`, {
      cause: error,
    });
  }
  return error;
}

/** Codes of Node, and PostgreSQL's codes for lost connections, shutdown, start-up, and too many connections. */
// source: https://www.postgresql.org/docs/18/errcodes-appendix.html
const UNREACHABLE_CODE =
  /^(E(CONNREFUSED|CONNRESET|NOENT|PIPE|TIMEDOUT|NOTFOUND|AI_AGAIN|HOSTUNREACH|NETUNREACH)|08...|57P0[1-5]|53300)$/u;
const REFUSED_CODE = /^(28...|3D000|42501)$/u;
const FULL_CODE = /^(53100|53200|ENOSPC)$/u;
const OUT_OF_MEMORY_CODE = '53200';
/** Errors to which `pg` gives no code. source: brianc/node-postgres, packages/pg/lib/client.js, packages/pg-pool/index.js */
const UNREACHABLE_MESSAGE =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Client has encountered a connection error)/u;

function remedy(address: DatabaseAddress): string {
  return 'url' in address
    ? 'Start that server, or set DATABASE_URL to one that runs.'
    : 'Start the stack with "npm start" (or only the database: "colloquy database"), or set DATABASE_URL to a PostgreSQL server.';
}
