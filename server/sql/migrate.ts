// Takes the schema up and down. Kysely's Migrator holds an advisory lock meanwhile, so nodes that start at once migrate
// once; all steps of one call are one transaction.

import { type MigrationResultSet, Migrator } from 'kysely';
import type { Db } from './database.js';
import type { DatabaseError } from './errors.js';
import { MIGRATIONS } from './migrations/index.js';

/** One step, and whether it has been taken. */
export interface MigrationStatus {
  readonly name: string;
  /** Undefined: still to be run. */
  readonly ranAt: Date | undefined;
}

/**
 * Runs all migrations that are still to be run.
 * @returns their names, or why the schema is as before
 */
export async function migrateUp(db: Db): Promise<readonly string[] | DatabaseError> {
  return namesOf(await migratorOf(db).migrateToLatest());
}

/** Takes the last migration back; what it made is gone. An empty list: there was none. */
export async function migrateDown(db: Db): Promise<readonly string[] | DatabaseError> {
  return namesOf(await migratorOf(db).migrateDown());
}

/** All migrations of this program, in their order. */
export async function migrationStatus(db: Db): Promise<readonly MigrationStatus[]> {
  const all = await migratorOf(db).getMigrations();
  return all.map(({ name, executedAt }) => ({ name, ranAt: executedAt }));
}

/** Undefined if the schema is this program's own; else what is to be done about it. */
export async function schemaProblem(db: Db): Promise<DatabaseError | undefined> {
  const pending = (await migrationStatus(db)).filter(({ ranAt }) => ranAt === undefined);
  if (pending.length === 0) return undefined;
  const names = pending.map(({ name }) => name).join(', ');
  return { code: 'schema_mismatch', problem: `the schema lacks ${names}: npx gavel migrate` };
}

function migratorOf(db: Db): Migrator {
  return new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } });
}

function namesOf({ error, results = [] }: MigrationResultSet): readonly string[] | DatabaseError {
  if (error === undefined) return results.map(({ migrationName }) => migrationName);
  const failed = results.find(({ status }) => status === 'Error')?.migrationName;
  const message = error instanceof Error ? error.message : String(error);
  // Kysely says so of migrations that a newer program has run, or of an order that is not this one's.
  const code = failed === undefined ? 'schema_mismatch' : 'migration_failed';
  return { code, problem: failed === undefined ? message : `${failed}: ${message}` };
}
