// `gavel rules`: rules from the command line, out of the database, or with --url of a running bidder, which has the
// embedded database open for itself.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Command, type CommandResult, done, type Environment, failed, misused } from './cli_command.js';
import { withSchema } from './cli_database.js';
import { dryRunText, executionsText, ruleText, suggestionsText } from './cli_rules_text.js';
import {
  ApiRules,
  DatabaseRules,
  isSourceProblem,
  type RuleSource,
  type RuleTold,
  type SourceProblem,
} from './rules/source.js';

const OPTIONS = {
  account: { type: 'string' },
  url: { type: 'string' },
  key: { type: 'string' },
  days: { type: 'string', default: '7' },
  rule: { type: 'string' },
  campaign: { type: 'string' },
  count: { type: 'string', short: 'n', default: '20' },
  json: { type: 'boolean', default: false },
} as const;

interface Asked {
  readonly account: string | undefined;
  readonly days: number;
  readonly rule: string | undefined;
  readonly campaign: string | undefined;
  readonly count: number;
  readonly json: boolean;
}

type Verb = (source: RuleSource, account: string, asked: Asked, argument: string) => Promise<CommandResult>;

/** Whether a verb takes an argument, and what it does. */
const VERBS: Readonly<Record<string, { readonly takes?: string; readonly run: Verb }>> = {
  list: {
    run: (source, account, { json }) =>
      told(source.rules(account), (rules) => (json ? lines(rules) : rules.map(ruleText).join('') || 'no rules\n')),
  },
  show: {
    takes: 'a rule',
    run: async (source, account, { json }, id) =>
      told(ruleNamed(source, account, id), (rule) => `${JSON.stringify(rule, undefined, json ? 0 : 2)}\n`),
  },
  'dry-run': {
    takes: 'a rule or a file',
    run: async (source, account, { json, days }, what) => {
      const rule = what.endsWith('.json') ? ruleInFile(what) : await ruleNamed(source, account, what);
      if (isSourceProblem(rule)) return failed([rule.problem]);
      return told(source.dryRun(account, rule, days), (found) => (json ? lines([found]) : dryRunText(rule, found)));
    },
  },
  suggest: {
    run: (source, account, { json }) =>
      told(source.suggestions(account), (found) => (json ? lines(found) : suggestionsText(found))),
  },
  executions: {
    run: (source, account, { json, rule, campaign, count }) =>
      told(source.executions(account, { rule, campaign, limit: count }), (found) =>
        json ? lines(found) : executionsText(found),
      ),
  },
};

export const rules: Command = async (args, environment) => {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    return misused((error as Error).message);
  }
  const { values, positionals } = parsed;
  const [name, argument, ...more] = positionals;
  const verb = name !== undefined && Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  if (verb === undefined) return misused(name === undefined ? 'rules takes a command' : `no command rules ${name}`);
  if (more.length > 0 || (argument === undefined) !== (verb.takes === undefined)) {
    return misused(`rules ${name} takes ${verb.takes ?? 'no argument'}`);
  }
  const [days, count] = [whole(values.days, 1, 30), whole(values.count, 1, 10_000)];
  if (days === undefined) return misused('--days is a number from 1 to 30');
  if (count === undefined) return misused('-n is a number from 1 to 10000');
  const asked = {
    account: values.account,
    days,
    rule: values.rule,
    campaign: values.campaign,
    count,
    json: values.json,
  };
  return withSource(values.url, values.key, environment, async (source) => {
    const account = await accountOf(source, asked);
    return typeof account === 'string' ? verb.run(source, account, asked, argument ?? '') : account;
  });
};

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS });
}

async function withSource(
  url: string | undefined,
  key: string | undefined,
  environment: Environment,
  work: (source: RuleSource) => Promise<CommandResult>,
): Promise<CommandResult> {
  if (url !== undefined) {
    const given = key ?? environment['GAVEL_ADMIN_KEY'];
    if (given === undefined) return misused('--url wants --key, or GAVEL_ADMIN_KEY');
    if (!/^https?:\/\/[^/\s]+\/?$/.test(url)) return misused(`--url ${url} is not http://HOST:PORT`);
    return work(new ApiRules(url.replace(/\/$/, ''), given));
  }
  if (key !== undefined) return misused('--key goes with --url');
  const result = await withSchema(environment, (db) => work(new DatabaseRules(db)));
  const locked =
    result.status === 1 && result.problems.some((problem) => /is open in process|keep taking its lock/.test(problem));
  return locked ? failed([...result.problems, 'a running bidder tells its rules with --url and --key']) : result;
}

async function accountOf(source: RuleSource, { account }: Asked): Promise<string | CommandResult> {
  if (account !== undefined) return account;
  const all = await source.accounts();
  if (isSourceProblem(all)) return failed([all.problem]);
  const [only, ...others] = all;
  if (only === undefined) return failed(['there is no account']);
  return others.length === 0 ? only : misused(`name one of the accounts: --account ${all.slice(0, 5).join('|')}`);
}

async function ruleNamed(source: RuleSource, account: string, id: string): Promise<RuleTold | SourceProblem> {
  const all = await source.rules(account);
  if (isSourceProblem(all)) return all;
  return all.find((rule) => rule.id === id) ?? { problem: `account ${account} has no rule ${id}` };
}

function ruleInFile(path: string): RuleTold | SourceProblem {
  try {
    return { id: 'given', ...JSON.parse(readFileSync(path, 'utf8')) };
  } catch (error) {
    return { problem: `cannot read ${path}: ${(error as Error).message}` };
  }
}

async function told<T extends object>(
  found: Promise<T | SourceProblem>,
  text: (value: T) => string,
): Promise<CommandResult> {
  const value = await found;
  return isSourceProblem(value) ? failed([value.problem]) : done(text(value));
}

function lines(values: readonly object[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('');
}

function whole(text: string, least: number, most: number): number | undefined {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return value >= least && value <= most ? value : undefined;
}
