// What rules would have done, and which ones are worth having: both from the sums by the hour, without changing
// anything.

import { DAY_MS, HOUR_MS, type SumSeries } from '../../bidcore/metrics/series.js';
import type { CampaignState } from '../../bidcore/rules/actions.js';
import { type Replay, replay } from '../../bidcore/rules/replay.js';
import { type Rule, rule as ruleSchema } from '../../bidcore/rules/rule_schema.js';
import { type RuleSuggestion, suggestRules } from '../../bidcore/rules/suggest.js';
import { RULE_TEMPLATES } from '../../bidcore/rules/templates.js';
import type { Db } from '../sql/database.js';
import { reachOf } from './history.js';
import { campaignStates } from './portfolio.js';
import { activeRules } from './stored_rules.js';
import { SumsCache } from './sums_cache.js';

/** Campaigns times hours that are gone through at a time: what takes a second or two, and some 300 MB. */
const CELLS_MAX = 4_000_000;
const EXECUTIONS_SHOWN = 100;
const SUGGESTED_DAYS = 7;

/** There is more than is gone through at a time. */
export interface TooMuch {
  readonly code: 'too_much';
  readonly problem: string;
}

export function isTooMuch(value: object): value is TooMuch {
  return 'code' in value && value.code === 'too_much';
}

/**
 * What a rule would have done, hour by hour. Campaigns are taken to have begun as they are now; what is paused now and
 * did something in that time was active.
 * @param days the time up to now that is gone through
 */
export async function dryRun(
  db: Db,
  account: string,
  rule: Rule,
  days: number,
  nowMs: number,
): Promise<Replay | TooMuch> {
  const fromMs = Math.floor((nowMs - days * DAY_MS) / HOUR_MS) * HOUR_MS;
  const states = await campaignStates(db, account, [rule], nowMs);
  const campaigns = states.filter(({ id }) => rule.campaigns?.includes(id) ?? true);
  const history = await hours(db, account, campaigns, fromMs - reachOf([rule]), nowMs);
  if (isTooMuch(history)) return history;
  const from = Math.round((fromMs - history.startMs) / HOUR_MS);
  const begun = campaigns.map((state, index): CampaignState => {
    const delivered = history.sum('impressions', index, from, history.buckets) > 0;
    return delivered ? { ...state, status: 'active', paused_by_rule: false } : state;
  });
  const asked = { ...rule, enabled: true };
  return replay([asked], { campaigns: begun, history, fromMs, everyMs: HOUR_MS, executionsMax: EXECUTIONS_SHOWN });
}

/** Rules that an account lacks and that its last week speaks for. */
export async function suggestions(
  db: Db,
  account: string,
  nowMs: number,
): Promise<readonly RuleSuggestion[] | TooMuch> {
  const rules = await activeRules(db, account);
  const campaigns = await campaignStates(db, account, [], nowMs);
  const history = await hours(db, account, campaigns, nowMs - 2 * SUGGESTED_DAYS * DAY_MS, nowMs);
  if (isTooMuch(history)) return history;
  // The replay goes in whole steps of a day up to the last full hour.
  return suggestRules(RULE_TEMPLATES, { campaigns, history, nowMs: Math.floor(nowMs / HOUR_MS) * HOUR_MS, rules });
}

/** A replay of one rule, as the API and the command line tell it. */
export function replayTold({ rules, executions: first, actual }: Replay, days: number, nowMs: number) {
  const [did] = rules;
  if (did === undefined) throw new Error('a replay without its rule');
  const { rule: _, ...figures } = did;
  return { from: new Date(nowMs - days * DAY_MS).toISOString(), days, ...figures, actual, first };
}
export type ReplayTold = ReturnType<typeof replayTold>;

/** A suggestion, as the API and the command line tell it: its rule can be posted as it is. */
export function suggestionTold({ replay: past, rule, ...one }: RuleSuggestion) {
  const { enabled: _, ...body } = ruleSchema.parse(rule);
  const [did] = past.rules;
  if (did === undefined) throw new Error('a replay without its rule');
  return { ...one, rule: body, stopped: did.stopped, extra_budget_micros: did.extra_budget_micros };
}
export type SuggestionTold = ReturnType<typeof suggestionTold>;

async function hours(
  db: Db,
  account: string,
  campaigns: readonly CampaignState[],
  sinceMs: number,
  untilMs: number,
): Promise<SumSeries | TooMuch> {
  const cells = (campaigns.length * (untilMs - sinceMs)) / HOUR_MS;
  if (cells > CELLS_MAX) {
    const much = `${campaigns.length} campaigns over ${Math.round((untilMs - sinceMs) / DAY_MS)} days`;
    return { code: 'too_much', problem: `${much} are too much at a time: fewer days, or name campaigns` };
  }
  const ids = campaigns.map(({ id }) => id);
  return new SumsCache().series(db, account, ids, { table: 'metrics_hour', sinceMs, untilMs });
}
