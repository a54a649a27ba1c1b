// What the policy was worth, worked out from the results of the seeds. How it is told: report_text.ts.

import { POLICY_INPUT_NAMES, type PolicyInputName } from '../../bidcore/policy/slot_inputs.js';
import { type Interval, meanInterval } from '../../bidcore/statistics/intervals.js';
import { momentsOf } from '../../bidcore/statistics/moments.js';
import type { CampaignResult } from './arm.js';
import type { ArmResult, SeedResult } from './seed_run.js';

/** What was got for a budget; money in units of the campaign file's currency. */
export interface Got {
  readonly spend: number;
  /** Of the budget. */
  readonly spent_share: number;
  /** Largest quarter hour of a campaign, as a share of its budget of a day. */
  readonly largest_slot: number;
  readonly impressions: number;
  /** True value of what was billed, and as the bidder predicted it. */
  readonly value: number;
  readonly predicted_value: number;
}

export interface Compared {
  readonly budget: number;
  readonly policy: Got;
  readonly pacer: Got;
  /** Value of the policy for one of the pacer's: true, and as predicted. */
  readonly ratio: number;
  readonly predicted_ratio: number;
}

export interface SeedReport extends Compared {
  readonly seed: number;
  readonly campaigns: Readonly<Record<string, Compared>>;
  /** Decisions of the policy, and in how many of them it was not asked. */
  readonly decisions: number;
  readonly fell_back: number;
  /** By input, in how many of the latter it was out of the range that training has seen; those with any. */
  readonly outside: Readonly<Partial<Record<PolicyInputName, number>>>;
}

export interface PolicyReport {
  readonly seeds: number;
  /** Means over seeds with Student's intervals of 95%, which of a single seed have no ends. */
  readonly ratio: Interval;
  readonly predicted_ratio: Interval;
  /** Seeds in which the policy won more. */
  readonly better: number;
  /** Means over seeds. */
  readonly policy: Got;
  readonly pacer: Got;
  /** Of its decisions, those in which it was not asked; and those in which an input was outside, by input. */
  readonly fell_back_share: number;
  readonly outside_shares: Readonly<Partial<Record<PolicyInputName, number>>>;
}

const MICROS = 1e6;
const LEVEL = 0.95;

/** A campaign with what it could spend in all days, micros. */
type Budgeted = readonly [result: CampaignResult, budgetMicros: number];

export function seedReport({ seed, budgets, policy, pacer }: SeedResult, days: number): SeedReport {
  const of = ({ campaigns }: ArmResult, ids: readonly string[]): Budgeted[] =>
    campaigns.flatMap((one) =>
      ids.includes(one.campaign) ? [[one, budgets.get(one.campaign) as number] as const] : [],
    );
  const compare = (ids: readonly string[]): Compared => {
    const [own, alone] = [got(of(policy, ids), days), got(of(pacer, ids), days)];
    return {
      budget: ids.reduce((sum, id) => sum + (budgets.get(id) as number), 0) / MICROS,
      policy: own,
      pacer: alone,
      ratio: own.value / alone.value,
      predicted_ratio: own.predicted_value / alone.predicted_value,
    };
  };
  const ids = [...budgets.keys()];
  const { spoke, fellBack, outside } = policy.policy;
  return {
    seed,
    ...compare(ids),
    campaigns: Object.fromEntries(ids.map((id) => [id, compare([id])])),
    decisions: spoke + fellBack,
    fell_back: fellBack,
    outside: Object.fromEntries(
      POLICY_INPUT_NAMES.flatMap((name, i) => ((outside[i] ?? 0) > 0 ? [[name, outside[i]]] : [])),
    ),
  };
}

export function policyReport(seeds: readonly SeedReport[]): PolicyReport {
  const sum = (of: (one: SeedReport) => number): number => seeds.reduce((total, one) => total + of(one), 0);
  const mean = (arm: 'policy' | 'pacer'): Got => {
    const of = (name: keyof Got): number => sum((one) => one[arm][name]) / seeds.length;
    return {
      spend: of('spend'),
      spent_share: of('spent_share'),
      largest_slot: Math.max(...seeds.map((one) => one[arm].largest_slot)),
      impressions: of('impressions'),
      value: of('value'),
      predicted_value: of('predicted_value'),
    };
  };
  const decisions = sum((one) => one.decisions);
  const share = (of: (one: SeedReport) => number): number => (decisions === 0 ? 0 : sum(of) / decisions);
  return {
    seeds: seeds.length,
    ratio: meanInterval(momentsOf(seeds.map(({ ratio }) => ratio)), LEVEL),
    predicted_ratio: meanInterval(momentsOf(seeds.map(({ predicted_ratio: ratio }) => ratio)), LEVEL),
    better: seeds.filter(({ ratio }) => ratio > 1).length,
    policy: mean('policy'),
    pacer: mean('pacer'),
    fell_back_share: share((one) => one.fell_back),
    outside_shares: Object.fromEntries(
      POLICY_INPUT_NAMES.map((name) => [name, share((one) => one.outside[name] ?? 0)] as const).filter(
        ([, its]) => its > 0,
      ),
    ),
  };
}

function got(its: readonly Budgeted[], days: number): Got {
  const sum = (of: (one: CampaignResult) => number): number => its.reduce((total, [one]) => total + of(one), 0);
  const spent = sum(({ spentMicros }) => spentMicros);
  return {
    spend: spent / MICROS,
    spent_share: spent / its.reduce((total, [, budget]) => total + budget, 0),
    largest_slot: Math.max(...its.map(([{ slotMicros }, budget]) => (Math.max(...slotMicros) * days) / budget)),
    impressions: sum(({ impressions }) => impressions),
    value: sum(({ valueMicros }) => valueMicros) / MICROS,
    predicted_value: sum(({ predictedMicros }) => predictedMicros) / MICROS,
  };
}
