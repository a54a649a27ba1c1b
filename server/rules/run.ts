// One evaluation of an account's rules, from the sums to what was changed.
//
//   sums, campaigns, cool-downs ──▶ evaluateRules ──▶ for each rule one change: all of its campaigns, or, where the
//                                                     campaigns would not hold together, those that may be

import { evaluateRules } from '../../bidcore/rules/evaluate.js';
import { observedOf } from '../../bidcore/rules/reasons.js';
import { durationMs, type Rule } from '../../bidcore/rules/rule_schema.js';
import { change, isChangeRefused } from '../sql/change.js';
import { type Db, inTransaction } from '../sql/database.js';
import { attempt, isRowError } from '../sql/errors.js';
import { type Carried, carryOut, type Decided, keepRefused } from './apply.js';
import { historyFor } from './history.js';
import { campaignStates } from './portfolio.js';
import { SumsCache } from './sums_cache.js';

/** Of one run; what is left is decided again by the next one, a minute later. */
const EXECUTIONS_MAX = 500;

export interface RunOutcome {
  readonly applied: number;
  readonly refused: number;
  /** Whether bidders need another book. */
  readonly changesBook: boolean;
}

/** Evaluates rules, those that are enabled, and carries out what they decide. */
export async function runRules(
  db: Db,
  account: string,
  rules: readonly Rule[],
  nowMs: number,
  cache: SumsCache,
): Promise<RunOutcome> {
  const decided = await decide(db, account, rules, nowMs, cache);
  const outcome = { applied: 0, refused: 0, changesBook: false };
  for (const rule of rules) {
    const mine = decided.filter((one) => one.rule === rule.id);
    if (mine.length === 0) continue;
    const changesBook = mine.some(changesCampaign);
    const refused = await carryOutChange(db, account, rule, mine, changesBook, outcome);
    if (refused === undefined) continue;
    for (const one of mine) {
      const problems = mine.length === 1 ? refused : await carryOutChange(db, account, rule, [one], true, outcome);
      if (problems === undefined) continue;
      outcome.refused += 1;
      await inTransaction(db, (tx) => keepRefused(tx, account, rule, one, problems));
    }
  }
  return outcome;
}

/** What rules would do now. */
export async function decide(
  db: Db,
  account: string,
  rules: readonly Rule[],
  nowMs: number,
  cache: SumsCache = new SumsCache(),
): Promise<readonly Decided[]> {
  const campaigns = await campaignStates(db, account, rules, nowMs);
  const ids = campaigns.map(({ id }) => id);
  const history = await historyFor(db, account, ids, rules, nowMs, cache);
  if (campaigns.length === 0 || history.length === 0) return [];
  const lastApplied = await readCooldowns(db, account, rules, nowMs);
  const { executions, columns } = evaluateRules(rules, { campaigns, history, nowMs, lastApplied });
  const trees = new Map(rules.map(({ id, when }) => [id, when]));
  const indexes = new Map(ids.map((id, index) => [id, index]));
  return executions.slice(0, EXECUTIONS_MAX).map((execution) => {
    const [tree, index] = [trees.get(execution.rule), indexes.get(execution.campaign)];
    if (tree === undefined || index === undefined) throw new Error(`an execution of nobody's: ${execution.rule}`);
    return { ...execution, observed: observedOf(tree, index, columns) };
  });
}

/** @returns why nothing was changed; undefined: it was */
async function carryOutChange(
  db: Db,
  account: string,
  rule: Rule,
  decided: readonly Decided[],
  changesBook: boolean,
  outcome: { applied: number; changesBook: boolean },
): Promise<readonly string[] | undefined> {
  const author = { kind: 'rule', id: rule.id } as const;
  const carried = await attempt(() =>
    change(db, author, undefined, { changesBook }, (tx, audit) => carryOut(tx, audit, account, rule, decided)),
  );
  if (isRowError(carried)) return [carried.problem];
  if (isChangeRefused<Carried>(carried)) return carried.problems;
  outcome.applied += carried.applied.length;
  outcome.changesBook ||= changesBook && carried.applied.length > 0;
  return undefined;
}

export function changesCampaign({ changes }: Decided): boolean {
  return changes.some(({ type }) => type !== 'notify');
}

async function readCooldowns(
  db: Db,
  account: string,
  rules: readonly Rule[],
  nowMs: number,
): Promise<(rule: string, campaign: string) => number | undefined> {
  const longest = Math.max(0, ...rules.map(({ cooldown }) => durationMs(cooldown)));
  const rows = await db
    .selectFrom('rule_executions')
    .select(['rule_id', 'campaign_id'])
    .select(({ fn }) => fn.max('at').as('at'))
    .where('account_id', '=', account)
    .where('outcome', '!=', 'superseded')
    .where('at', '>', new Date(nowMs - longest))
    .groupBy(['rule_id', 'campaign_id'])
    .execute();
  const key = (rule: string, campaign: string): string => `${rule} ${campaign}`;
  const times = new Map(rows.map((row) => [key(row.rule_id, row.campaign_id), row.at.getTime()]));
  return (rule, campaign) => times.get(key(rule, campaign));
}
