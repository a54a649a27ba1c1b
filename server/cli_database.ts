// `gavel migrate|seed` and `gavel campaigns import|export`: the database from the command line. The embedded one is
// open in one process at a time, so these want the bidder stopped, or DATABASE_URL.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { isCampaignFileError, parseCampaignFile } from '../bidcore/campaign_file.js';
import { type CommandResult, done, type Environment, failed, fileProblem, isResult, misused } from './cli_command.js';
import { isConfigError, readConfig } from './config.js';
import { campaignFileOf } from './sql/book/file_of_rows.js';
import { type Imported, importCampaignFile } from './sql/book/import.js';
import { type Database, type Db, embeddedFolder, openDatabase } from './sql/database.js';
import { type DatabaseError, isDatabaseError, isRowError } from './sql/errors.js';
import { migrateDown, migrateUp, migrationStatus, schemaProblem } from './sql/migrate.js';
import { seed } from './sql/seed.js';

interface Parsed {
  readonly values: { readonly json?: boolean; readonly replace?: boolean };
  readonly positionals: readonly string[];
}

/** `gavel migrate [up|down|status]`. */
export async function migrateDatabase(args: readonly string[], environment: Environment): Promise<CommandResult> {
  const parsed = parse(args, { json: { type: 'boolean' } });
  if (isResult(parsed)) return parsed;
  const [verb = 'up', ...more] = parsed.positionals;
  if (more.length > 0) return misused('migrate takes one of up, down, status');
  const json = parsed.values.json === true;
  if (verb === 'status') {
    return withDatabase(environment, async ({ db, description }) => {
      const steps = await migrationStatus(db);
      if (json)
        return done(steps.map(({ name, ranAt }) => `${JSON.stringify({ name, ran_at: ranAt ?? null })}\n`).join(''));
      const lines = steps.map(
        ({ name, ranAt }) => `  ${name}  ${ranAt === undefined ? 'to be run' : ranAt.toISOString()}`,
      );
      return done(`${description}\n${lines.join('\n')}\n`);
    });
  }
  if (verb !== 'up' && verb !== 'down') return misused(`no command migrate ${verb}`);
  return withDatabase(environment, async ({ db, description }) => {
    const names = await (verb === 'up' ? migrateUp(db) : migrateDown(db));
    if (isDatabaseError(names)) return failed([names.problem]);
    if (json) return done(`${JSON.stringify({ direction: verb, migrations: names })}\n`);
    return done(`${description}: ${names.length === 0 ? 'nothing to do' : `${verb}: ${names.join(', ')}`}\n`);
  });
}

/** `gavel seed`. */
export async function seedDatabase(args: readonly string[], environment: Environment): Promise<CommandResult> {
  const parsed = parse(args, { json: { type: 'boolean' } });
  if (isResult(parsed)) return parsed;
  if (parsed.positionals.length > 0) return misused('seed takes no arguments');
  return withSchema(environment, async (db) => report(await seed(db), parsed.values.json === true));
}

/** `gavel campaigns import FILE`. */
export async function importCampaigns(args: readonly string[], environment: Environment): Promise<CommandResult> {
  const parsed = parse(args, { json: { type: 'boolean' }, replace: { type: 'boolean' } });
  if (isResult(parsed)) return parsed;
  const [path, ...more] = parsed.positionals;
  if (path === undefined || more.length > 0) return misused('import takes one file');
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return fileProblem(path, error);
  }
  const file = parseCampaignFile(text);
  if (isCampaignFileError(file)) return failed(file.problems.map((problem) => `${path}: ${problem}`));
  const { json = false, replace = false } = parsed.values;
  return withSchema(environment, async (db) => report(await importCampaignFile(db, file, { replace }), json));
}

/** `gavel campaigns export`: a campaign file on standard output. */
export async function exportCampaigns(args: readonly string[], environment: Environment): Promise<CommandResult> {
  const parsed = parse(args, { json: { type: 'boolean' } });
  if (isResult(parsed)) return parsed;
  if (parsed.positionals.length > 0) return misused('export takes no file: it writes to standard output');
  return withSchema(environment, async (db) => {
    const file = await campaignFileOf(db);
    if ('problems' in file) return failed(file.problems);
    if (isRowError(file)) return failed([file.problem]);
    return done(`${JSON.stringify(file, null, parsed.values.json === true ? undefined : 2)}\n`);
  });
}

function report(result: Imported | { readonly problem: string }, json: boolean): CommandResult {
  if ('problem' in result) return failed([result.problem]);
  if (json) return done(`${JSON.stringify(result)}\n`);
  const parts = Object.entries(result).map(([what, count]) => `${what.replace('_', ' ')} ${count}`);
  return done(`written: ${parts.join(', ')}\n`);
}

function parse(
  args: readonly string[],
  options: Readonly<Record<string, { readonly type: 'boolean' }>>,
): Parsed | CommandResult {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options }) as Parsed;
  } catch (error) {
    return misused((error as Error).message);
  }
}

/** Opens the configured database for some work, and closes it. */
async function withDatabase(
  environment: Environment,
  work: (database: Database) => Promise<CommandResult>,
): Promise<CommandResult> {
  const config = readConfig(environment);
  if (isConfigError(config)) return failed(config.problems);
  const database = await openDatabase({ url: config.databaseUrl, folder: embeddedFolder(config.dataDir) });
  if (isDatabaseError(database)) return failed(openProblems(database));
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

/** What stands in the way, and where the way goes on. */
function openProblems({ code, problem }: DatabaseError): string[] {
  if (code !== 'database_locked') return [problem];
  const ways = 'ask the admin API of that bidder (docs/api.md), stop it, or keep the database at DATABASE_URL';
  return [problem, `one process at a time has the embedded database: ${ways}`];
}

/** The same, with the schema as it should be: the embedded database gets it, of another one its owner is asked. */
export function withSchema(environment: Environment, work: (db: Db) => Promise<CommandResult>): Promise<CommandResult> {
  return withDatabase(environment, async ({ db, kind }) => {
    const made = kind === 'pglite' ? await migrateUp(db) : await schemaProblem(db);
    if (made !== undefined && 'problem' in made) return failed([made.problem]);
    return work(db);
  });
}
