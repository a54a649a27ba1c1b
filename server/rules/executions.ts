// What rules have done, as the API and the command line tell it.

import type { Selectable } from 'kysely';
import { z } from 'zod';
import { id } from '../../bidcore/creative_file.js';
import { type MetricName, metricName } from '../../bidcore/metrics/metrics.js';
import { effectOf } from '../../bidcore/rules/effect.js';
import type { Db } from '../sql/database.js';
import type { RuleExecutionsTable } from '../sql/schema/control.js';

const LEVEL = 0.95;
/** The latest executions that a rule's effect is told from. */
const MEASURED_MAX = 1000;

export const OUTCOMES = ['applied', 'superseded', 'refused'] as const;

const document = z.record(z.string(), z.unknown());
export const executionShown = z.strictObject({
  id: z.string(),
  rule: id,
  campaign: id,
  at: z.iso.datetime(),
  outcome: z.enum(OUTCOMES),
  reason: z.string(),
  probability: z.number().nullable().describe('Of rules with a prediction'),
  observed: z.array(document).describe('What each condition saw'),
  changes: z.array(document).describe('What was changed, or would have been'),
  superseded_by: z.array(z.string()),
  problem: z.string().nullable().describe('Why it was refused'),
  effect: document.nullable().describe('Measured later: before and after, of the campaign and of others like it'),
});
export type ExecutionShown = z.output<typeof executionShown>;

export interface ExecutionsAsked {
  readonly rule?: string | undefined;
  readonly campaign?: string | undefined;
  readonly outcome?: (typeof OUTCOMES)[number] | undefined;
  /** Id behind which the page begins. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** Executions of an account, the latest first. */
export async function listExecutions(db: Db, account: string, asked: ExecutionsAsked): Promise<ExecutionShown[]> {
  const { rule, campaign, outcome, after, limit } = asked;
  const rows = await db
    .selectFrom('rule_executions')
    .selectAll()
    .where('account_id', '=', account)
    .$if(rule !== undefined, (query) => query.where('rule_id', '=', rule ?? ''))
    .$if(campaign !== undefined, (query) => query.where('campaign_id', '=', campaign ?? ''))
    .$if(outcome !== undefined, (query) => query.where('outcome', '=', outcome ?? 'applied'))
    .$if(after !== undefined, (query) => query.where('id', '<', after ?? ''))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map(shownOf);
}

function shownOf(row: Selectable<RuleExecutionsTable>): ExecutionShown {
  const { rule_id: rule, campaign_id: campaign, at, observed, actions, superseded_by, effect, ...rest } = row;
  const { outcome, reason, probability, problem } = rest;
  return {
    id: row.id,
    rule,
    campaign,
    at: at.toISOString(),
    outcome,
    reason,
    probability,
    observed: observed.map((one) => ({ ...one })),
    changes: actions.map((one) => ({ ...one })),
    superseded_by: [...superseded_by],
    problem,
    effect: effect === null ? null : { ...effect },
  };
}

/** The effect of a rule over its executions; an interval that is not known has null for its ends. */
export const effectShown = z.strictObject({
  metric: metricName,
  executions: z.int().min(0).describe('With others to compare with'),
  compared: z.int().min(0).describe('Campaigns compared with, of all executions'),
  level: z.number(),
  effect: z.strictObject({ estimate: z.number(), lower: z.number().nullable(), upper: z.number().nullable() }),
  treated_change: z.number().describe('Mean change of the campaigns that it acted on'),
  others_change: z.number().describe('Mean change of those compared with'),
});

/** What a rule has changed in a metric, by its executions that have been measured. */
export async function effectOfRule(
  db: Db,
  account: string,
  rule: string,
  metric: MetricName,
): Promise<z.output<typeof effectShown>> {
  const rows = await db
    .selectFrom('rule_executions')
    .select('effect')
    .where('account_id', '=', account)
    .where('rule_id', '=', rule)
    .where('effect', 'is not', null)
    .orderBy('id', 'desc')
    .limit(MEASURED_MAX)
    .execute();
  const treated = rows.flatMap(({ effect }) =>
    effect?.metric === metric && effect.campaign !== null ? [{ ...effect.campaign, others: effect.others }] : [],
  );
  const { effect, ...counted } = effectOf(treated, LEVEL);
  const known = (value: number): number | null => (Number.isFinite(value) ? value : null);
  const { estimate, lower, upper } = effect;
  return { metric, level: LEVEL, ...counted, effect: { estimate, lower: known(lower), upper: known(upper) } };
}
