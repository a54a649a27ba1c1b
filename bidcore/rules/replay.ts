// What rules would have done: history is gone through step by step, each step evaluated on what was known by then, and
// what a rule would have stopped is taken out of what came after, so that later decisions see a campaign that was
// paused.
//
// What can be said honestly: a pause would have stopped what the campaign then did; a budget that was lowered would
// have stopped what it spent above that in a day (UTC). What a higher budget, another bid or another creative would
// have brought was never observed: these actions are counted, and their campaigns go on as they did. Other campaigns
// are taken to go on as they did too, though some of what was stopped would have gone to them.

import { addSums, NO_SUMS, SUMS, type Sums } from '../metrics/metrics.js';
import { columnsOf, DAY_MS, SumSeries } from '../metrics/series.js';
import type { CampaignState } from './actions.js';
import { evaluateRules, type RuleExecution } from './evaluate.js';
import type { Rule } from './rule_schema.js';

export interface ReplayInput {
  /** As they were when the replay starts, in the order of the history. */
  readonly campaigns: readonly CampaignState[];
  /** In buckets of an hour, or finer; with enough before `fromMs` for the windows of the rules. */
  readonly history: SumSeries;
  readonly fromMs: number;
  /** Rules are evaluated so often: a multiple of the history's buckets. */
  readonly everyMs: number;
  /** Executions that are kept in the answer, the first ones; all are counted. */
  readonly executionsMax: number;
}

export interface ReplayedRule {
  readonly rule: string;
  readonly executions: number;
  readonly campaigns: number;
  /** What its pauses and lower budgets would have stopped, whole. */
  readonly stopped: Sums;
  /** What its higher budgets would have allowed to be spent more, at most, until the end. */
  readonly extra_budget_micros: number;
}

export interface Replay {
  readonly rules: readonly ReplayedRule[];
  readonly executions: readonly RuleExecution[];
  /** What really was, in all campaigns, from the start of the replay on. */
  readonly actual: Sums;
}

/** A campaign in the replay: its state, and which rule is to be thanked for what it no longer does. */
interface Simulated {
  state: CampaignState;
  pausedBy: string | undefined;
  /** Set where a rule lowered it: only then it stops anything. */
  cappedBy: string | undefined;
  day: number;
  spentToday: number;
}

/** Throws unless the steps are of whole buckets. */
export function replay(rules: readonly Rule[], input: ReplayInput): Replay {
  const { history, fromMs, everyMs } = input;
  const { bucketMs, startMs, campaigns, buckets } = history;
  if (everyMs % bucketMs !== 0) throw new RangeError(`steps of ${everyMs} ms of buckets of ${bucketMs} ms`);
  const seen = new SumSeries({ campaigns, startMs, bucketMs, buckets });
  const simulated = input.campaigns.map(
    (state): Simulated => ({
      ...{ state, pausedBy: undefined, cappedBy: undefined, day: -1, spentToday: 0 },
    }),
  );
  const tallies = new Map(rules.map(({ id }) => [id, new Tally()]));
  const executions: RuleExecution[] = [];
  const applied = new Map<string, number>();
  const key = (rule: string, campaign: string): string => `${rule}\n${campaign}`;
  const indexes = new Map(campaigns.map((id, index) => [id, index]));
  const columns = columnsOf(campaigns.length);
  let actual = NO_SUMS;
  for (let bucket = 0; bucket < buckets; bucket++) {
    const atMs = startMs + bucket * bucketMs;
    if (atMs >= fromMs && (atMs - fromMs) % everyMs === 0) {
      const run = evaluateRules(rules, {
        ...{ campaigns: simulated.map(({ state }) => state), history: [seen], nowMs: atMs },
        lastApplied: (rule, campaign) => applied.get(key(rule, campaign)),
      });
      for (const execution of run.executions) {
        if (execution.outcome !== 'applied') continue;
        if (executions.length < input.executionsMax) executions.push(execution);
        applied.set(key(execution.rule, execution.campaign), atMs);
        const days = (startMs + buckets * bucketMs - atMs) / DAY_MS;
        const campaign = simulated[indexes.get(execution.campaign) as number] as Simulated;
        (tallies.get(execution.rule) as Tally).count(execution, days);
        carryOut(execution, campaign);
      }
    }
    for (const [index, campaign] of simulated.entries()) {
      const sums = history.sums(index, bucket, bucket + 1);
      const kept = atMs < fromMs ? 1 : keptShare(campaign, sums.spend_micros, Math.floor(atMs / DAY_MS));
      for (const name of SUMS) columns[name][index] = sums[name] * kept;
      if (atMs < fromMs) continue;
      actual = addSums(actual, sums);
      if (kept < 1) tallies.get(campaign.pausedBy ?? campaign.cappedBy ?? '')?.stop(sums, 1 - kept);
    }
    seen.append(columns);
  }
  return { rules: rules.map(({ id }) => (tallies.get(id) as Tally).of(id)), executions, actual };
}

/** What of a bucket's delivery a campaign would have kept: none when paused, and no more than its lowered budget. */
function keptShare(campaign: Simulated, spend: number, day: number): number {
  if (campaign.day !== day) Object.assign(campaign, { day, spentToday: 0 });
  if (campaign.pausedBy !== undefined) return 0;
  const room = (campaign.state.daily_budget_micros ?? Infinity) - campaign.spentToday;
  const kept = campaign.cappedBy === undefined || spend <= room ? 1 : Math.max(0, room) / spend;
  campaign.spentToday += spend * kept;
  return kept;
}

function carryOut({ rule, changes }: RuleExecution, campaign: Simulated): void {
  for (const change of changes) {
    if (change.type === 'status') {
      const paused = change.to === 'paused';
      campaign.pausedBy = paused ? rule : undefined;
      campaign.state = { ...campaign.state, status: change.to, paused_by_rule: paused };
    } else if (change.type === 'budget') {
      if (change.to_micros < change.from_micros) campaign.cappedBy = rule;
      campaign.state = { ...campaign.state, daily_budget_micros: change.to_micros };
    } else if (change.type === 'bid') {
      const ad_groups = campaign.state.ad_groups.map((group) =>
        group.id === change.ad_group ? { ...group, bid_micros: change.to_micros } : group,
      );
      campaign.state = { ...campaign.state, ad_groups };
    }
  }
}

/** What a rule has come to. */
class Tally {
  #executions = 0;
  #extra = 0;
  #stopped: Sums = NO_SUMS;
  readonly #campaigns = new Set<string>();

  /** @param days until the end of the replay */
  count({ campaign, changes }: RuleExecution, days: number): void {
    this.#executions += 1;
    this.#campaigns.add(campaign);
    for (const change of changes) {
      if (change.type === 'budget') this.#extra += Math.max(0, change.to_micros - change.from_micros) * days;
    }
  }

  stop(sums: Sums, share: number): void {
    this.#stopped = addSums(this.#stopped, scaled(sums, share));
  }

  of(rule: string): ReplayedRule {
    const stopped = Object.fromEntries(SUMS.map((name) => [name, Math.round(this.#stopped[name])])) as Sums;
    const [executions, campaigns] = [this.#executions, this.#campaigns.size];
    return { rule, executions, campaigns, stopped, extra_budget_micros: Math.round(this.#extra) };
  }
}

function scaled(sums: Sums, share: number): Sums {
  return Object.fromEntries(SUMS.map((name) => [name, sums[name] * share])) as Sums;
}
