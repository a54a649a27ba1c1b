// Rules worth having, mined from history: a template is suggested where its condition holds for campaigns day after
// day, not only once, and, where it is a share, by more than chance explains. The evidence goes with it, and so does
// what the rule would have done: a suggestion is a rule and the reason for it, never an action.

import { metricText, type Sums } from '../metrics/metrics.js';
import { DAY_MS, type SumSeries } from '../metrics/series.js';
import { wilsonInterval } from '../statistics/intervals.js';
import type { CampaignState } from './actions.js';
import { ConditionColumns } from './columns.js';
import { described } from './reasons.js';
import { type Replay, replay } from './replay.js';
import { type ConditionTree, isCondition, type Rule, type RuleInput, rule } from './rule_schema.js';
import type { RuleTemplate } from './templates.js';

const DAYS = 7;
/** Of the seven days, those on which the condition held. */
const DAYS_HELD_MIN = 5;
const LEVEL = 0.95;

export interface RuleSuggestion {
  /** As it may be posted. */
  readonly rule: RuleInput;
  readonly campaigns: readonly string[];
  /** Spend of these campaigns in the seven days, and their share of all spend. */
  readonly spend_micros: number;
  readonly spend_share: number;
  readonly reason: string;
  /** What it would have done in these days. */
  readonly replay: Replay;
}

export interface SuggestInput {
  readonly campaigns: readonly CampaignState[];
  /** Hours; at least seven days, and what the windows of the templates need before them. */
  readonly history: SumSeries;
  readonly nowMs: number;
  /** Rules there are: a template whose condition and actions one of them has is not suggested again. */
  readonly rules: readonly Rule[];
}

/** Suggestions, those that concern most spend first. */
export function suggestRules(templates: readonly RuleTemplate[], input: SuggestInput): RuleSuggestion[] {
  const { campaigns, history, nowMs } = input;
  const budgets = Float64Array.from(campaigns, ({ daily_budget_micros }) => daily_budget_micros ?? 0);
  const end = Math.ceil((nowMs - history.startMs) / history.bucketMs);
  const from = end - (DAYS * DAY_MS) / history.bucketMs;
  const week = campaigns.map((_, index) => history.sums(index, from, end));
  const spent = week.reduce((sum, { spend_micros }) => sum + spend_micros, 0);
  return templates
    .map((template) => rule.parse({ id: `suggested-${template.key}`, ...template.rule }))
    .filter((one) => !input.rules.some((have) => sameEffect(have, one)))
    .flatMap((one): RuleSuggestion[] => {
      const days = new Uint8Array(campaigns.length);
      for (let day = 0; day < DAYS; day++) {
        const columns = new ConditionColumns([history], nowMs - day * DAY_MS, budgets);
        columns.holds(one.when).forEach((holds, index) => {
          (days[index] as number) += holds;
        });
      }
      const found = campaigns.flatMap(({ status }, index) => {
        const persistent = status === 'active' && (days[index] as number) >= DAYS_HELD_MIN;
        return persistent && isSure(one.when, week[index] as Sums) ? [index] : [];
      });
      if (found.length === 0) return [];
      const spend_micros = found.reduce((sum, index) => sum + (week[index] as Sums).spend_micros, 0);
      const ids = found.map((index) => (campaigns[index] as CampaignState).id);
      const share = spent > 0 ? spend_micros / spent : 0;
      const which = found.length === 1 ? '1 campaign' : `${found.length} campaigns`;
      const money = `${metricText('spend_micros', spend_micros)} spent, ${metricText('ctr', share)} of all`;
      const reason = `${described(one.when)} on ${DAYS_HELD_MIN} or more of ${DAYS} days for ${which}: ${money}`;
      const past = replay([one], {
        campaigns,
        history,
        fromMs: nowMs - DAYS * DAY_MS,
        everyMs: DAY_MS,
        executionsMax: 20,
      });
      return [{ rule: one, campaigns: ids, spend_micros, spend_share: share, reason, replay: past }];
    })
    .sort((a, b) => b.spend_micros - a.spend_micros);
}

function sameEffect(a: Rule, b: Rule): boolean {
  const effect = ({ when, actions }: Rule): string => JSON.stringify([when, actions.map(({ type }) => type)]);
  return effect(a) === effect(b);
}

/** Whether a share lies beyond its threshold by more than chance, over the week. Of other metrics nothing is known. */
function isSure(tree: ConditionTree, { impressions, clicks, conversions }: Sums): boolean {
  if (!isCondition(tree) || (tree.metric !== 'ctr' && tree.metric !== 'cvr')) return true;
  const [successes, tries] = tree.metric === 'ctr' ? [clicks, impressions] : [conversions, clicks];
  const { lower, upper } = wilsonInterval(Math.min(successes, tries), tries, LEVEL);
  return tree.operator.startsWith('<') ? upper < tree.value : lower > tree.value;
}
