// What rules would have done, did, and should be: replay, effect and suggestions.

import t from 'tap';
import { DAY_MS, HOUR_MS, type SumRow, SumSeries } from '../metrics/series.js';
import { Draws } from '../testing/draws.js';
import type { CampaignState } from './actions.js';
import { effectOf, type TreatedCampaign } from './effect.js';
import { replay } from './replay.js';
import { type RuleInput, rule } from './rule_schema.js';
import { suggestRules } from './suggest.js';
import { RULE_TEMPLATES } from './templates.js';

const DAYS = 10;
const NOW = 20_000 * DAY_MS;
const START = NOW - DAYS * DAY_MS;

const state = (id: string): CampaignState => ({
  ...{ id, status: 'active', paused_by_rule: false, daily_budget_micros: 48_000_000 },
  ad_groups: [{ id: 'g', bid_micros: 1_000_000 }],
});

/** Hours alike: 100 impressions, 2 of money; clicks by campaign and day. */
function history(ids: readonly string[], clicks: (id: string, day: number) => number): SumSeries {
  const rows: SumRow[] = ids.flatMap((campaign) =>
    Array.from({ length: DAYS * 24 }, (_, hour) => ({
      ...{ campaign, start_ms: START + hour * HOUR_MS, impressions: 100, spend_micros: 2_000_000 },
      ...{ clicks: clicks(campaign, Math.floor(hour / 24)), revenue_micros: 8_000_000, conversions: 1 },
    })),
  );
  return SumSeries.of({ campaigns: ids, startMs: START, bucketMs: HOUR_MS, buckets: DAYS * 24 }, rows);
}

const template = (key: string, more: Partial<RuleInput> = {}) => {
  const found = RULE_TEMPLATES.find((one) => one.key === key);
  if (found === undefined) throw new Error(key);
  return rule.parse({ id: key, ...found.rule, ...more });
};
const ids = ['bad', 'good'];
const input = (series: SumSeries) => ({
  ...{
    campaigns: series.campaigns.map(state),
    history: series,
    fromMs: NOW - 7 * DAY_MS,
    everyMs: HOUR_MS,
    executionsMax: 10,
  },
});

t.test('a pause would have stopped what came after, and the rule sees that it did', async (t) => {
  // Bad from the sixth day on: 24 hours of it are under 1% when a little more than half of them are.
  const series = history(ids, (id, day) => (id === 'bad' && day >= 5 ? 0 : 2));
  const found = replay([template('pause_low_ctr')], input(series));
  t.equal(found.executions.length, 1, 'once: what is paused has no impressions');
  const [execution] = found.executions;
  t.match(execution?.reason, /^CTR 0\.917% < 1% after 2,400 impressions in 24h$/);
  const after = (NOW - (execution?.at_ms ?? 0)) / HOUR_MS;
  t.match(found.rules, [{ executions: 1, campaigns: 1, stopped: { spend_micros: after * 2_000_000, clicks: 0 } }]);
  t.equal(found.actual.spend_micros, 2 * 7 * 24 * 2_000_000);
  t.throws(() => replay([], { ...input(series), everyMs: 1000 }), /steps/);
});

t.test('a lower budget would have cut each day off; of a higher one only its size is known', async (t) => {
  const series = history(['c'], () => 2);
  const lower = template('raise_budget_roas', { actions: [{ type: 'change_budget', percent: -50 }], cooldown: '30d' });
  const cut = replay([lower], input(series)).rules[0];
  t.equal(cut?.stopped.spend_micros, 7 * 24_000_000, 'half of each day');
  t.equal(cut?.stopped.impressions, 7 * 1200);
  const raised = replay([template('raise_budget_roas', { cooldown: '30d' })], input(series)).rules[0];
  t.match(raised, { stopped: { spend_micros: 0 }, extra_budget_micros: 7 * 9_600_000 });
});

t.test(
  'suggested is what holds day after day, with what it would have stopped, unless there is such a rule',
  async (t) => {
    const series = history(['bad', 'once', 'good'], (id, day) =>
      id === 'bad' || (id === 'once' && day === 9) ? 0 : 3,
    );
    const pause = RULE_TEMPLATES.filter(({ key }) => key === 'pause_low_ctr');
    const asked = { campaigns: series.campaigns.map(state), history: series, nowMs: NOW, rules: [] };
    const [suggestion, ...others] = suggestRules(pause, asked);
    t.same(others, []);
    t.match(suggestion, {
      campaigns: ['bad'],
      reason: 'CTR < 1% in 24h on 5 or more of 7 days for 1 campaign: 336.00 spent, 33.3% of all',
      replay: { rules: [{ stopped: { spend_micros: 336_000_000 } }] },
    });
    t.same(suggestRules(pause, { ...asked, rules: [template('pause_low_ctr')] }), []);
  },
);

/** Campaigns whose metric changes with the market, with chance, and, where treated, by the effect. */
function executions(seed: number, count: number, effect: number): TreatedCampaign[] {
  const draws = new Draws(seed);
  return Array.from({ length: count }, () => {
    const market = 3 * draws.normal();
    const one = (extra: number, extreme = 0) => {
      const usual = 20 + 4 * draws.normal();
      const before = usual + extreme + draws.normal();
      return { before, after: usual + market + extra + draws.normal(), spend_micros: draws.spread(1e7, 1) };
    };
    return { ...one(effect), others: Array.from({ length: 30 }, () => one(0)) };
  });
}

t.test('an effect is told from what the market did to all', async (t) => {
  const found = effectOf(executions(1, 40, 2), 0.95);
  t.ok(found.effect.lower > 1 && found.effect.lower < 2 && found.effect.upper > 2, JSON.stringify(found));
  t.equal(found.compared, 400);
  let missed = 0;
  for (let seed = 1; seed <= 200; seed++) {
    const { lower, upper } = effectOf(executions(seed, 1 + (seed % 8), 0), 0.95).effect;
    if (lower > 0 || upper < 0) missed++;
  }
  t.comment(`95% intervals of no effect that missed it: ${missed} of 200`);
  t.ok(missed >= 2 && missed <= 20, `${missed} of 200`);
  t.same(effectOf([], 0.95).effect, { estimate: 0, lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY });
  const alone = effectOf([{ before: 1, after: 2, spend_micros: 1, others: [] }], 0.95);
  t.equal(alone.executions, 0);
});
