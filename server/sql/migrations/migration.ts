// What a migration is: the statements that take the schema one step up, and those that take it back. All pending ones
// run in one transaction, so a step that fails leaves the schema as it was.
//
// A migration that has been released is never edited: the next change is the next file.

import { CompiledQuery, type Kysely, type Migration } from 'kysely';

/** Of every row that people change: `version` is its ETag, raised by one with each change. */
export const ROW = `
  version bigint not null default 1 check (version > 0),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()`;

/** A migration made of SQL statements, run in the order given; `down` undoes `up`. */
export function migration(up: readonly string[], down: readonly string[]): Migration {
  return { up: (db) => run(db, up), down: (db) => run(db, down) };
}

async function run(db: Kysely<unknown>, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await db.executeQuery(CompiledQuery.raw(statement));
}
