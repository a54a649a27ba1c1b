// Rules over a portfolio: every rule over every campaign, as a run of the control plane does it: metrics of all windows
// from a week of sums by the hour, conditions, forecasts of the rules that have them, conflicts, reasons in words.

import { DAY_MS, HOUR_MS, type SumRow, SumSeries } from '../bidcore/metrics/series.js';
import type { CampaignState } from '../bidcore/rules/actions.js';
import { evaluateRules } from '../bidcore/rules/evaluate.js';
import { type Rule, type RuleInput, rule } from '../bidcore/rules/rule_schema.js';
import { RULE_TEMPLATES } from '../bidcore/rules/templates.js';
import type { Benchmark, Context } from './benchmark.js';
import { collectGarbage, median, quantile, WorkHash } from './measure.js';
import { Random } from './random.js';

const RULES = 50;
/** Of the rules, every tenth acts on a forecast. */
const PREDICTED_EVERY = 10;
const HOURS = 7 * 24;
const NOW_MS = 20_000 * DAY_MS;

export const rules: Benchmark = {
  name: 'rules',
  help: 'seconds in which 50 rules are evaluated for 10,000 campaigns',
  run,
};

async function run({ size, seed, report }: Context): Promise<void> {
  const random = new Random(seed);
  const ids = Array.from({ length: size.ruleCampaigns }, (_, n) => `campaign-${n}`);
  const shape = { campaigns: ids, startMs: NOW_MS - HOURS * HOUR_MS, bucketMs: HOUR_MS, buckets: HOURS };
  const started = performance.now();
  const history = SumSeries.of(shape, rowsOf(ids, random));
  const load_ms = performance.now() - started;
  const campaigns = ids.map((id) => campaignOf(id, random));
  const input = { campaigns, history: [history], nowMs: NOW_MS, lastApplied: () => undefined };
  const portfolio = generatedRules();
  collectGarbage();
  const cpus: number[] = [];
  const times = Array.from({ length: size.ruleRuns }, () => {
    const [start, used] = [performance.now(), process.cpuUsage()];
    evaluateRules(portfolio, input);
    const { user, system } = process.cpuUsage(used);
    cpus.push((user + system) / 1e6);
    return (performance.now() - start) / 1000;
  });
  const { executions, held } = evaluateRules(portfolio, input);
  const work = new WorkHash();
  for (const { rule: id, campaign, outcome, reason } of executions) {
    work.bytes(Buffer.from(`${id} ${campaign} ${outcome} ${reason}\n`));
  }
  const what = `${RULES} rules, ${ids.length} campaigns, ${RULES / PREDICTED_EVERY} with forecasts`;
  report.figure('rules_seconds_median', median(times), 's', what);
  report.figure(
    'rules_seconds_max',
    quantile(times, 1),
    's',
    `the slowest of ${times.length} runs, the first included`,
  );
  report.figure('rules_cpu_seconds_median', median(cpus), 's', 'CPU time of the same, for a machine that is shared');
  report.figure('rules_load_seconds', load_ms / 1000, 's', `a week of hours of ${ids.length} campaigns, row by row`);
  report.work('rules', work.text(), `${held} held, ${executions.length} executions`);
}

/** A portfolio's week: each campaign has a size and rates of its own, and sleeps at night. */
function* rowsOf(ids: readonly string[], random: Random): Iterable<SumRow> {
  for (const campaign of ids) {
    const [size, ctr, cvr] = [20 + random.skewed(2000), 0.004 + random.float() / 40, random.float() / 10];
    for (let hour = 0; hour < HOURS; hour++) {
      const impressions = Math.round(size * (0.2 + random.float()) * (hour % 24 < 7 ? 0.2 : 1));
      const clicks = Math.round(impressions * ctr * 2 * random.float());
      const conversions = Math.round(clicks * cvr * 2 * random.float());
      const bids = impressions * 3 + random.int(0, 50);
      const money = { spend_micros: impressions * 2000, revenue_micros: conversions * random.int(1e6, 9e6) };
      const start_ms = NOW_MS - (HOURS - hour) * HOUR_MS;
      yield { campaign, start_ms, impressions, clicks, conversions, bids, wins: impressions, ...money };
    }
  }
}

function campaignOf(id: string, random: Random): CampaignState {
  return {
    ...{ id, status: 'active', paused_by_rule: false, daily_budget_micros: random.int(1e6, 1e8) },
    ad_groups: [{ id: 'all', bid_micros: random.int(1e5, 5e6) }],
  };
}

/** The templates and stricter ones like them, some with a second condition, some with a forecast. */
function generatedRules(): Rule[] {
  return Array.from({ length: RULES }, (_, n) => {
    const { rule: template } = RULE_TEMPLATES[n % RULE_TEMPLATES.length] as (typeof RULE_TEMPLATES)[number];
    const when = template.when as { readonly value: number; readonly window: string };
    const own = { ...template.when, value: when.value * (1 + n / RULES), window: n < RULES / 2 ? when.window : '12h' };
    const spent = { metric: 'spend_micros', operator: '>', value: 1e6 + n * 1e4, window: `${1 + (n % 12)}h` } as const;
    const made: unknown = {
      ...{ ...template, id: `rule-${n}`, priority: n % 7, when: n % 2 === 0 ? own : { all: [own, spent] } },
      ...(n % PREDICTED_EVERY === 0 ? { prediction: { horizon: '6h', confidence: 0.8, fallback: 'current' } } : {}),
    };
    return rule.parse(made as RuleInput);
  });
}
