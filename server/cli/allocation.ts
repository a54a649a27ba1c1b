// `gavel allocation dry-run|runs|metrics`: what a run of the plan would do, what runs have done, and by which figures.

import { metricsCsv } from '../../bidcore/metrics/csv.js';
import { metricText } from '../../bidcore/metrics/metrics.js';
import { planOf } from '../allocation/plan.js';
import { portfolioMetrics } from '../allocation/portfolio.js';
import { tryPlan } from '../allocation/run.js';
import { type Command, type CommandResult, done, failed, isResult, misused } from '../cli_command.js';
import { withSchema } from '../cli_database.js';
import type { Db } from '../sql/database.js';
import { accountOf, type Parsed, parseLine, wholeNumber } from './options.js';

const RUNS_MAX = 1000;
const DAYS_MAX = 30;

type Work = (db: Db, account: string, parsed: Parsed) => Promise<CommandResult>;

export const allocation: Command = async (args, environment) => {
  const text = { type: 'string' } as const;
  const parsed = parseLine(args, { account: text, n: { ...text, short: 'n' }, days: text, json: { type: 'boolean' } });
  if (isResult(parsed)) return parsed;
  const verbs: Readonly<Record<string, Work>> = { 'dry-run': dryRun, runs, metrics };
  const work = verbs[parsed.verb];
  if (work === undefined || parsed.positionals.length > 0) return misused('allocation dry-run|runs|metrics');
  return withSchema(environment, async (db) => {
    const account = await accountOf(db, parsed.text('account'));
    return typeof account === 'string' ? work(db, account, parsed) : account;
  });
};

const money = (micros: number): string => metricText('spend_micros', micros);

async function dryRun(db: Db, account: string, parsed: Parsed): Promise<CommandResult> {
  const row = await db.selectFrom('allocation_plans').selectAll().where('account_id', '=', account).executeTakeFirst();
  if (row === undefined) {
    return failed([`${account} has no allocation plan: POST /accounts/${account}/allocation makes one`]);
  }
  const tried = await tryPlan(db, account, planOf(row), Date.now());
  if ('problem' in tried) return failed([tried.problem]);
  const { allocations, notes, total_micros } = tried;
  if (parsed.flag('json')) return done(`${JSON.stringify({ account, total_micros, notes, campaigns: allocations })}\n`);
  const width = Math.max(...allocations.map(({ id }) => id.length));
  const lines = allocations.map(
    ({ id, before_micros, after_micros, reason }) =>
      `${id.padEnd(width)}  ${money(before_micros).padStart(12)} → ${money(after_micros).padStart(12)}  ${reason}`,
  );
  const said = [
    ...lines,
    ...notes.map((note) => `note: ${note}`),
    `total ${money(total_micros)} a day; nothing is changed`,
  ];
  return done(`${said.join('\n')}\n`);
}

async function runs(db: Db, account: string, parsed: Parsed): Promise<CommandResult> {
  const count = wholeNumber('-n', parsed.text('n'), 10, [1, RUNS_MAX]);
  if (typeof count !== 'number') return count;
  const rows = await db
    .selectFrom('allocation_runs')
    .select(['id', 'at', 'method', 'trigger_kind as trigger', 'status', 'total_micros', 'problem', 'notes'])
    .where('account_id', '=', account)
    .orderBy('id', 'desc')
    .limit(count)
    .execute();
  if (parsed.flag('json')) return done(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const lines = rows.map(({ at, method, trigger, status, total_micros, problem, notes }) => {
    const why = [problem, ...notes].filter(Boolean).join('; ');
    const head = `${at.toISOString()}  ${trigger.padEnd(8)}  ${status.padEnd(7)}`;
    return `${head}  ${method}  ${money(total_micros)}  ${why}`.trimEnd();
  });
  return done(lines.length === 0 ? 'no runs yet\n' : `${lines.join('\n')}\n`);
}

async function metrics(db: Db, account: string, parsed: Parsed): Promise<CommandResult> {
  const days = wholeNumber('--days', parsed.text('days'), 7, [1, DAYS_MAX]);
  if (typeof days !== 'number') return days;
  return done(metricsCsv(await portfolioMetrics(db, account, Date.now(), days)));
}
