// The migrations on both databases: up, down and up again, with data; and what the schema refuses.

import { sql } from 'kysely';
import { withDatabases } from '../testing/database_case.js';
import { parsedSample } from '../testing/sql_samples.js';
import { importCampaignFile } from './book/import.js';
import { bookRevision, type Db } from './database.js';
import { migrateDown, migrateUp, migrationStatus, schemaProblem } from './migrate.js';
import { MIGRATIONS } from './migrations/index.js';

const NAMES = Object.keys(MIGRATIONS);

/** Every column of the schema with its type, as the database tells it. */
async function columnsOf(db: Db): Promise<readonly string[]> {
  const { rows } = await sql<{ text: string }>`
    select table_name || '.' || column_name || ' ' || udt_name || ' ' || is_nullable as text
    from information_schema.columns
    where table_schema = 'public' and table_name not like 'kysely_%' order by 1`.execute(db);
  return rows.map(({ text }) => text);
}

async function allDown(db: Db): Promise<string[]> {
  const names: string[] = [];
  for (;;) {
    const step = await migrateDown(db);
    if ('code' in step) throw new Error(step.problem);
    if (step.length === 0) return names;
    names.push(...step);
  }
}

withDatabases((test) => {
  test('an empty database is told from one with the schema', async (t, { db }) => {
    t.match(await schemaProblem(db), { code: 'schema_mismatch', problem: /0001_accounts.*npx gavel migrate/ });
    t.same(await migrateUp(db), NAMES);
    t.equal(await schemaProblem(db), undefined);
    t.same(await migrateUp(db), [], 'a second time there is nothing to do');
    t.ok((await migrationStatus(db)).every(({ ranAt }) => ranAt instanceof Date));
  });

  test('up, down and up again leave the same schema, with data in it', async (t, { db }) => {
    const before = await columnsOf(db);
    t.notSame(before, []);
    await importCampaignFile(db, parsedSample(), { replace: false });
    t.same(await allDown(db), [...NAMES].reverse());
    t.same(await columnsOf(db), [], 'down leaves nothing');
    t.same(await migrateUp(db), NAMES);
    t.same(await columnsOf(db), before);
    const imported = await importCampaignFile(db, parsedSample(), { replace: false });
    t.notOk('code' in imported, JSON.stringify(imported));
    t.ok((await bookRevision(db)) > 0);
  });

  test('one step down keeps what the other steps have made', async (t, { db }) => {
    t.same(await migrateDown(db), NAMES.slice(-1));
    t.ok((await db.selectFrom('campaigns').selectAll().execute()).length > 0);
    t.match(await schemaProblem(db), { problem: /0006_operations/ });
    t.same(await migrateUp(db), NAMES.slice(-1));
  });

  test('two at once migrate once', async (t, { db }) => {
    await migrateDown(db);
    const both = await Promise.all([migrateUp(db), migrateUp(db)]);
    t.same(both.flat(), NAMES.slice(-1));
  });

  test('a schema of a newer program is refused and left alone', async (t, { db }) => {
    const newer = sql`insert into kysely_migration (name, timestamp) values ('9999_later', '2030-01-01T00:00:00Z')`;
    await newer.execute(db);
    t.match(await migrateUp(db), { code: 'schema_mismatch', problem: /9999_later/ });
    await sql`delete from kysely_migration where name = '9999_later'`.execute(db);
    t.same(await migrateUp(db), []);
  });

  test('every foreign key has an index that finds the rows that refer', async (t, { db }) => {
    const { rows } = await sql<{ text: string }>`
      select c.conrelid::regclass || ' ' || c.conname as text from pg_constraint c
      where c.contype = 'f' and not exists (
        select from pg_index i where i.indrelid = c.conrelid
          and (i.indkey::smallint[])[0:cardinality(c.conkey) - 1] @> c.conkey)
      and not exists (
        select from pg_index i where i.indrelid = c.conrelid and i.indkey[0] = c.conkey[cardinality(c.conkey)])
      and not exists (
        select from pg_index i where i.indrelid = c.conrelid and i.indkey[0] = c.conkey[1])`.execute(db);
    t.same(rows, []);
  });
}, false);
