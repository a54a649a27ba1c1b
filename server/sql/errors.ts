// What the database says when it cannot: values with a code. Anything else that it throws is a mistake of ours.

export type DatabaseErrorCode =
  /** DATABASE_URL is not one, or the folder cannot be made. */
  | 'database_misconfigured'
  /** Nobody answers there, or it closed the connection. Later it may. */
  | 'database_unreachable'
  /** It answers, and does not let us in. */
  | 'database_refused'
  /** The embedded database's folder is open in another process. */
  | 'database_locked'
  /** The schema is older or newer than this program. */
  | 'schema_mismatch'
  /** A migration failed; the schema is as before. */
  | 'migration_failed';

export interface DatabaseError {
  readonly code: DatabaseErrorCode;
  readonly problem: string;
}

export type RowErrorCode =
  /** There is none with this id, in this account. */
  | 'not_found'
  /** Somebody changed it since it was read. */
  | 'version_conflict'
  /** Another one has that id, seat, email or name already. */
  | 'already_exists'
  /** What it refers to is not there, in this account. */
  | 'missing_reference'
  /** Others refer to it. */
  | 'in_use'
  /** A value that a column does not take. */
  | 'invalid_value';

/**
 * A row that could not be read or written. After one from SQL (not the first two), a transaction is only to be ended.
 */
export interface RowError {
  readonly code: RowErrorCode;
  readonly problem: string;
  /** Which key is at fault, as `Key (account_id, creative_id)=(acme, none) is not present …`; else the constraint. */
  readonly where?: string;
}

/** Tells either error from a value. No row has both of these columns. */
export function isDatabaseError<T extends object>(value: T | DatabaseError): value is DatabaseError {
  return 'code' in value && 'problem' in value;
}

/** Tells a row's error from what was asked for. */
export function isRowError<T>(value: T | RowError): value is RowError {
  return typeof value === 'object' && value !== null && 'code' in value && 'problem' in value;
}

export function notFound(what: string): RowError {
  return { code: 'not_found', problem: `no ${what}` };
}

interface SqlError {
  readonly code?: string;
  readonly message: string;
  readonly constraint?: string;
  readonly detail?: string;
}

/**
 * What SQL refused of a row (SQLSTATE, PostgreSQL appendix A), as a value. Throws what is none of a row's business.
 * @param deleting a foreign key then says that others refer to the row
 */
export function rowErrorOf(error: unknown, deleting = false): RowError {
  const { code = '', message, constraint, detail } = error as SqlError;
  const kind = kindOf(code, deleting);
  if (kind === undefined) throw error;
  // The detail of a check is the whole row, with what may be nobody's business.
  const where = kind === 'invalid_value' ? constraint : (detail ?? constraint);
  return { code: kind, problem: message, ...(where === undefined ? {} : { where }) };
}

function kindOf(sqlState: string, deleting: boolean): RowErrorCode | undefined {
  if (sqlState === '23505') return 'already_exists';
  if (sqlState === '23503') return deleting ? 'in_use' : 'missing_reference';
  if (sqlState === '23001') return 'in_use';
  // Integrity (not null, check) and data exceptions (out of range, bad encoding).
  if (sqlState.startsWith('23') || sqlState.startsWith('22')) return 'invalid_value';
  return undefined;
}

/** Runs one write; what SQL refuses of the row is a value. */
export async function attempt<T>(work: () => Promise<T>, deleting = false): Promise<T | RowError> {
  try {
    return await work();
  } catch (error) {
    return rowErrorOf(error, deleting);
  }
}

/** How a socket, or pg's pool, says that it has lost the server. */
const LOST = /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/;
const LOST_WORDS =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection)/;

/** Whether the database could not be asked, rather than that it said no: SQLSTATE classes 08 and 57P, or no answer. */
export function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError) return error.errors.some(isConnectionError);
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && (/^(08|57P|53300)/.test(code) || LOST.test(code))) return true;
  return LOST_WORDS.test(error.message);
}
