// One runner for two databases: a suite is written once and run against PGlite and a real PostgreSQL, which differ in
// their drivers if in anything.

import t, { type Test } from 'tap';
import { type Database, openDatabase } from '../sql/database.js';
import { isDatabaseError } from '../sql/errors.js';
import { migrateUp } from '../sql/migrate.js';
import { openedEmbedded } from './embedded_cluster.js';
import { startPostgres } from './postgres_server.js';

type Body = (t: Test, database: Database) => Promise<void>;

/**
 * Runs a suite against both. Its tests share one database, which is empty at first: each makes accounts of its own.
 * @param migrated whether the schema is made before the first test
 */
export function withDatabases(suite: (test: (name: string, body: Body) => void) => void, migrated = true): void {
  for (const kind of ['pglite', 'postgres'] as const) {
    t.test(kind, async (t) => {
      const database = kind === 'pglite' ? await openedEmbedded(t) : await postgres(t);
      if (migrated) {
        const names = await migrateUp(database.db);
        if ('code' in names) throw new Error(names.problem);
      }
      suite((name, body) => void t.test(name, (t) => body(t, database)));
    });
  }
}

async function postgres(t: Test): Promise<Database> {
  const site = await startPostgres();
  t.teardown(() => site.stop());
  const database = await openDatabase({ url: await site.database(), folder: undefined });
  if (isDatabaseError(database)) throw new Error(database.problem);
  t.teardown(() => database.close());
  return database;
}
