// `gavel experiments list|show|results|start|stop`, on the database.

import { type Command, type CommandResult, done, failed, isResult, misused } from '../cli_command.js';
import { withSchema } from '../cli_database.js';
import { startExperiment, stopExperiment } from '../experiments/lifecycle.js';
import { type ExperimentTold, resultsAt } from '../experiments/results_told.js';
import { findExperiment, pageOfExperiments } from '../experiments/stored.js';
import { type Author, change, isChangeRefused } from '../sql/change.js';
import type { Db } from '../sql/database.js';
import { accountOf, parseLine } from './options.js';

const AUTHOR: Author = { kind: 'system', id: 'command-line' };
const LISTED_MAX = 10_000;

interface Request {
  readonly account: string;
  readonly id: string;
  readonly json: boolean;
}

type Work = (db: Db, request: Request) => Promise<CommandResult>;

export const experiments: Command = async (args, environment) => {
  const parsed = parseLine(args, { account: { type: 'string' }, json: { type: 'boolean' } });
  if (isResult(parsed)) return parsed;
  const verbs: Readonly<Record<string, Work>> = { list, show, results, start, stop };
  const work = verbs[parsed.verb];
  if (work === undefined) return misused('experiments list|show ID|results ID|start ID|stop ID');
  const wanted = parsed.verb === 'list' ? 0 : 1;
  if (parsed.positionals.length !== wanted) {
    return misused(`experiments ${parsed.verb} takes ${wanted === 0 ? 'no arguments' : 'the id of one'}`);
  }
  return withSchema(environment, async (db) => {
    const account = await accountOf(db, parsed.text('account'));
    if (typeof account !== 'string') return account;
    return work(db, { account, id: parsed.positionals[0] ?? '', json: parsed.flag('json') });
  });
};

const missing = ({ account, id }: Request): CommandResult => failed([`${account} has no experiment ${id}`]);

async function list(db: Db, { account, json }: Request): Promise<CommandResult> {
  const all = await pageOfExperiments(db, account, undefined, LISTED_MAX);
  if (json) {
    const lines = all.map(({ row, definition }) => ({ ...definition, status: row.status, decision: row.decision }));
    return done(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  }
  const lines = all.map(({ row, definition }) => {
    const why = row.decision === null ? '' : `  ${String(row.decision['why'])}`;
    return `${row.id}  ${row.status.padEnd(7)}  ${definition.unit}  ${definition.name}${why}`;
  });
  return done(lines.length === 0 ? 'no experiments\n' : `${lines.join('\n')}\n`);
}

async function show(db: Db, request: Request): Promise<CommandResult> {
  const stored = await findExperiment(db, request.account, request.id);
  if (stored === undefined) return missing(request);
  const { row, definition, shares } = stored;
  const whole = { ...definition, status: row.status, shares, decision: row.decision };
  return done(`${JSON.stringify(whole, undefined, request.json ? undefined : 2)}\n`);
}

async function results(db: Db, request: Request): Promise<CommandResult> {
  const stored = await findExperiment(db, request.account, request.id);
  if (stored === undefined) return missing(request);
  const told = await resultsAt(db, stored, Date.now());
  return done(request.json ? `${JSON.stringify(told)}\n` : resultsText(told));
}

function resultsText({ status, days, arms, required_units, power, now, decision }: ExperimentTold): string {
  const number = (value: number | null | undefined): string =>
    value == null ? '?' : String(Number(value.toPrecision(4)));
  const width = Math.max(...arms.map(({ arm }) => arm.length));
  const lines = arms.map(({ arm, units, value, lift, always_valid: valid }) => {
    const range = `${number(value.estimate)} (${number(value.lower)} to ${number(value.upper)})`;
    const compared = lift && `, lift ${number(lift.estimate)} (${number(lift.lower)} to ${number(lift.upper)})`;
    const sure = valid && `, p ${number(valid.p)} at any look`;
    return `${arm.padEnd(width)}  ${String(units).padStart(9)} units  ${range}${compared ?? ''}${sure ?? ''}`;
  });
  const size = `${required_units ?? '?'} units an arm are needed; power now ${number(power)}`;
  const said = decision === null ? `so far: ${now.why}` : `decided: ${decision.why}`;
  return `${status}, ${days.toFixed(1)} days\n${lines.join('\n')}\n${size}\n${said}\n`;
}

async function start(db: Db, request: Request): Promise<CommandResult> {
  const outcome = await change(db, AUTHOR, undefined, { changesBook: true }, async (tx, audit) => {
    const stored = await findExperiment(tx, request.account, request.id, true);
    return stored === undefined ? missing(request) : startExperiment(tx, audit, stored, Date.now());
  });
  if (isChangeRefused(outcome)) return failed(outcome.problems);
  if (typeof outcome === 'object') return outcome;
  return outcome === undefined ? said(request, 'running', []) : failed([`${request.id}: ${outcome}`]);
}

async function stop(db: Db, request: Request): Promise<CommandResult> {
  const left = await change(db, AUTHOR, undefined, { changesBook: true }, async (tx, audit) => {
    const stored = await findExperiment(tx, request.account, request.id, true);
    return stored === undefined ? undefined : stopExperiment(tx, audit, stored, Date.now());
  });
  if (left === undefined) return missing(request);
  if (typeof left === 'string') return failed([`${request.id}: ${left}`]);
  return isChangeRefused(left) ? failed(left.problems) : said(request, 'stopped', left);
}

function said({ id, json }: Request, status: string, left: readonly string[]): CommandResult {
  if (json) return done(`${JSON.stringify({ id, status, left })}\n`);
  return done(
    [`${id} is ${status}`, ...left.map((line) => `left as it is: ${line}`)].map((line) => `${line}\n`).join(''),
  );
}
