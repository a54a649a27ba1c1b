// Carries executions out in a transaction: each change with its line of the audit log, and the execution itself, which
// is what a rule's cool-down goes by. So after a crash a change is there together with its cool-down, or neither is.
//
// What was decided on may have changed meanwhile. Each change is made only where the value is still the one that it
// starts from; an execution of which nothing is left is not kept.

import type { Change } from '../../bidcore/rules/actions.js';
import type { RuleExecution } from '../../bidcore/rules/evaluate.js';
import type { Observed } from '../../bidcore/rules/reasons.js';
import { durationMs, type Rule } from '../../bidcore/rules/rule_schema.js';
import { raiseAlert } from '../alerts/raise_alert.js';
import { changedRow } from '../api/resources/rows.js';
import type { Audit } from '../sql/change.js';
import { type Tx, toJson } from '../sql/database.js';
import { newId } from '../sql/ids.js';
import type { NewRow } from '../sql/repositories/rows.js';
import { measureAt } from './effects.js';

/** Executions that one notification names; it says how many there are. */
const TOLD_MAX = 50;
const ROWS_AT_ONCE = 500;

/** An execution with what its rule saw. */
export interface Decided extends RuleExecution {
  readonly observed: readonly Observed[];
}

/** Ids of campaigns. */
export interface Carried {
  readonly applied: readonly string[];
  readonly superseded: readonly string[];
}

/** Carries out what one rule has decided. Throws what SQL refuses. */
export async function carryOut(
  tx: Tx,
  audit: Audit,
  account: string,
  rule: Rule,
  decided: readonly Decided[],
): Promise<Carried> {
  const fresh = await withoutCooling(tx, account, rule, decided);
  const rows: NewRow<'rule_executions'>[] = [];
  const done: Decided[] = [];
  for (const execution of fresh) {
    const changes: Change[] = [];
    for (const change of execution.changes) {
      if (await make(tx, audit, account, execution, change)) changes.push(change);
    }
    const wanted = execution.changes.some(({ type }) => type !== 'notify');
    // Somebody was faster: there is nothing to be told of.
    if (wanted && !changes.some(({ type }) => type !== 'notify')) continue;
    const made = { ...execution, changes };
    done.push(made);
    rows.push(executionRow(account, rule, made, undefined));
  }
  await insertExecutions(tx, rows);
  const applied = done.filter(({ outcome }) => outcome === 'applied');
  await notify(tx, account, rule, applied);
  const campaigns = (outcome: RuleExecution['outcome']): string[] =>
    done.filter((one) => one.outcome === outcome).map(({ campaign }) => campaign);
  return { applied: campaigns('applied'), superseded: campaigns('superseded') };
}

/** Keeps an execution that would have left campaigns which do not hold together. The rule cools down all the same. */
export async function keepRefused(
  tx: Tx,
  account: string,
  rule: Rule,
  execution: Decided,
  problems: readonly string[],
): Promise<void> {
  await insertExecutions(tx, [executionRow(account, rule, execution, problems.join('; ').slice(0, 2000))]);
  await raiseAlert(tx, {
    account,
    kind: 'rule_refused',
    severity: 'warning',
    subject: `${rule.name} cannot be carried out on ${execution.campaign}`.slice(0, 512),
    detail: { rule: rule.id, campaign: execution.campaign, problems: problems.slice(0, 20) },
    key: `rule_refused:${rule.id}:${execution.campaign}`,
  });
}

/** Whether the change was made. */
async function make(tx: Tx, audit: Audit, account: string, why: RuleExecution, change: Change): Promise<boolean> {
  switch (change.type) {
    case 'status':
      return changeStatus(tx, audit, account, why, change);
    case 'budget':
      return changeBudget(tx, audit, account, why, change);
    case 'bid':
      return changeBid(tx, audit, account, why, change);
    case 'creative':
      return rotate(tx, audit, account, why, change);
    case 'notify':
      return true;
  }
}

type Of<T extends Change['type']> = Extract<Change, { readonly type: T }>;
/** What the audit log has beside the values: which rule, and why. */
const because = ({ rule, reason }: RuleExecution) => ({ rule, reason });

async function changeStatus(tx: Tx, audit: Audit, account: string, why: RuleExecution, { from, to }: Of<'status'>) {
  const { campaign: id } = why;
  if (to === 'active') {
    // A person's pause is a person's to end.
    const mine = await tx.selectFrom('rule_pauses').select('rule_id').where('campaign_id', '=', id).executeTakeFirst();
    if (mine === undefined) return false;
  }
  const { numUpdatedRows } = await tx
    .updateTable('campaigns')
    .set({ status: to, ...changedRow })
    .where('account_id', '=', account)
    .where('id', '=', id)
    .where('status', '=', from)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n) return false;
  if (to === 'paused') {
    await tx
      .insertInto('rule_pauses')
      .values({ campaign_id: id, account_id: account, rule_id: why.rule, at: new Date(why.at_ms) })
      .execute();
  }
  const after = { status: to, ...because(why) };
  await audit({ account, action: 'update', entity: 'campaign', id, before: { status: from }, after });
  return true;
}

async function changeBudget(tx: Tx, audit: Audit, account: string, why: RuleExecution, change: Of<'budget'>) {
  const { campaign: id } = why;
  const { from_micros, to_micros } = change;
  const { numUpdatedRows } = await tx
    .updateTable('campaigns')
    .set({ daily_budget_micros: to_micros, ...changedRow })
    .where('account_id', '=', account)
    .where('id', '=', id)
    .where('daily_budget_micros', '=', from_micros)
    .where('status', '!=', 'archived')
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n) return false;
  const after = { daily_budget_micros: to_micros, ...because(why) };
  const before = { daily_budget_micros: from_micros };
  await audit({ account, action: 'update', entity: 'campaign', id, before, after });
  return true;
}

async function changeBid(tx: Tx, audit: Audit, account: string, why: RuleExecution, change: Of<'bid'>) {
  const { ad_group, from_micros, to_micros } = change;
  const { numUpdatedRows } = await tx
    .updateTable('ad_groups')
    .set({ bid_micros: to_micros, ...changedRow })
    .where('account_id', '=', account)
    .where('campaign_id', '=', why.campaign)
    .where('id', '=', ad_group)
    .where('bid_micros', '=', from_micros)
    .where('status', '!=', 'archived')
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n) return false;
  const [before, after] = [{ bid_micros: from_micros }, { bid_micros: to_micros, ...because(why) }];
  const { campaign } = why;
  const id = `${campaign}/${ad_group}`;
  await audit({ account, campaign, action: 'update', entity: 'ad group', id, before, after });
  return true;
}

/** The one that comes takes the place of the one that goes. */
async function rotate(tx: Tx, audit: Audit, account: string, why: RuleExecution, change: Of<'creative'>) {
  const key = { account_id: account, campaign_id: why.campaign, ad_group_id: change.ad_group };
  const ads = await tx
    .selectFrom('ad_group_creatives')
    .select('creative_id')
    .where('campaign_id', '=', why.campaign)
    .where('ad_group_id', '=', change.ad_group)
    .execute();
  const ids = ads.map(({ creative_id }) => creative_id);
  if (!ids.includes(change.out) || ids.includes(change.in)) return false;
  await tx
    .updateTable('ad_group_creatives')
    .set({ creative_id: change.in })
    .where('campaign_id', '=', why.campaign)
    .where('ad_group_id', '=', change.ad_group)
    .where('creative_id', '=', change.out)
    .execute();
  const at = new Date(why.at_ms);
  await tx
    .insertInto('rotated_ads')
    .values({ ...key, creative_id: change.out, at })
    .onConflict((conflict) => conflict.columns(['campaign_id', 'ad_group_id', 'creative_id']).doUpdateSet({ at }))
    .execute();
  await tx
    .updateTable('ad_groups')
    .set(changedRow)
    .where('campaign_id', '=', why.campaign)
    .where('id', '=', change.ad_group)
    .execute();
  const [before, after] = [{ creative: change.out }, { creative: change.in, ...because(why) }];
  await audit({
    account,
    campaign: why.campaign,
    action: 'update',
    entity: 'ad group',
    id: `${why.campaign}/${change.ad_group}`,
    before,
    after,
  });
  return true;
}

/** Another run may have come between: asked again under the lock of changes. */
async function withoutCooling(
  tx: Tx,
  account: string,
  rule: Rule,
  decided: readonly Decided[],
): Promise<readonly Decided[]> {
  const [first] = decided;
  if (first === undefined) return [];
  const rows = await tx
    .selectFrom('rule_executions')
    .select('campaign_id')
    .distinct()
    .where('account_id', '=', account)
    .where('rule_id', '=', rule.id)
    .where('outcome', '!=', 'superseded')
    .where('at', '>', new Date(first.at_ms - durationMs(rule.cooldown)))
    .execute();
  const cooling = new Set(rows.map((row) => row.campaign_id));
  return decided.filter(({ campaign }) => !cooling.has(campaign));
}

function executionRow(
  account: string,
  rule: Rule,
  execution: Decided,
  problem: string | undefined,
): NewRow<'rule_executions'> {
  const { campaign, at_ms, reason, probability, observed, changes, superseded_by, outcome } = execution;
  const applied = problem === undefined && outcome === 'applied';
  return {
    id: newId(at_ms),
    account_id: account,
    rule_id: rule.id,
    campaign_id: campaign,
    outcome: problem === undefined ? outcome : 'refused',
    reason,
    probability: probability ?? null,
    observed: toJson(observed),
    actions: toJson(changes),
    superseded_by: toJson(superseded_by),
    problem: problem ?? null,
    measure_at: applied ? measureAt(rule, at_ms) : null,
    at: new Date(at_ms),
  };
}

async function insertExecutions(tx: Tx, rows: readonly NewRow<'rule_executions'>[]): Promise<void> {
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    await tx
      .insertInto('rule_executions')
      .values(rows.slice(from, from + ROWS_AT_ONCE) as never)
      .execute();
  }
}

/** One alert for all campaigns of a run, and one delivery for each webhook that the rule names. */
async function notify(tx: Tx, account: string, rule: Rule, applied: readonly Decided[]): Promise<void> {
  const told = applied.filter(({ changes }) => changes.some(({ type }) => type === 'notify'));
  const [first] = told;
  if (first === undefined) return;
  const webhooks = rule.actions.flatMap((action) => (action.type === 'notify' ? [action.webhook] : []));
  const others = told.length === 1 ? '' : ` and ${told.length - 1} more`;
  const executions = told.slice(0, TOLD_MAX).map(({ campaign, reason, changes }) => {
    return { campaign, reason, changes: changes.filter(({ type }) => type !== 'notify') };
  });
  await raiseAlert(tx, {
    account,
    kind: 'rule_executed',
    severity: 'info',
    subject: `${rule.name}: ${first.campaign}${others}: ${first.reason}`.slice(0, 512),
    detail: { rule: rule.id, at: new Date(first.at_ms).toISOString(), count: told.length, executions },
    webhooks,
  });
}
