// What the policy sees of this node's campaigns, slot by slot, and what came of it, for the log. The pacers' neighbour:
// both are stepped once a second. The main thread lets the policy act (bidcore/policy/policy_slots.ts); rules:
// docs/policy.md.
//
//   a second ─▶ sums of the pace           slot begins ─▶ inputs ─▶ campaign's state ═▶ main thread acts
//   a charge ─▶ wins, predicted clicks                              campaign's state ◀═ decision ─▶ record

import { MAX_CAMPAIGNS } from '../../assembly/limits.js';
import * as map from '../../assembly/memory_map.js';
import type { PacedPlan } from '../../bidcore/money/campaign_plans.js';
import type { NoticeRecord, PolicyRecord } from '../../bidcore/money/event.js';
import type { CampaignStanding } from '../../bidcore/money/funds.js';
import type { Period } from '../../bidcore/money/pacing_plan.js';
import { normalDensity } from '../../bidcore/policy/exploration.js';
import { type PolicyDecision, PolicySlots } from '../../bidcore/policy/policy_slots.js';
import { POLICY_INPUT_NAMES, SlotInputs, type SlotInputsState } from '../../bidcore/policy/slot_inputs.js';

/** What there is to know of a campaign in a second. */
export interface PolicySight extends CampaignStanding {
  readonly bids: number;
  /** The pace that was in force since the second before. */
  readonly pace: number;
  /** The policy's multiplier in force. */
  readonly multiplier: number;
  /** What its pacer plans for; undefined without a plan. */
  readonly period: Period | undefined;
}

/** Of all campaigns, since the start. */
export interface PolicyStats {
  /** Those that have a policy now, and the mean of their multipliers in force; 1 without any. */
  readonly campaigns: number;
  readonly multiplierMean: number;
  /** Decisions of the policy, and those in which it was not asked. */
  readonly spoke: number;
  readonly fellBack: number;
  /** By input, in how many of the latter it was out of range. */
  readonly outside: readonly number[];
}

/** What a restarted node goes on from. */
export type PoliciesDump = readonly (readonly [campaign: string, state: SlotInputsState])[];

interface Slots {
  readonly inputs: SlotInputs;
  /** Whether its counters have been looked at. */
  isSeen: boolean;
  /** As shown to the policy, for the log. */
  shown: readonly number[];
  /** `PolicySlots.decisions` of what is in the log. */
  logged: number;
  /** What was won on this node, and the predicted clicks of it. */
  wins: number;
  value: number;
  logPaceSeconds: number;
  paceSeconds: number;
  lastMs: number;
  multiplier: number;
  /** When the period began that was seen last, and what had been spent when it was first seen. */
  periodMs: number;
  spentBeforeMicros: number;
}

/** Records that wait for a disk that takes none; the oldest go. */
const WAITING_MAX = 100_000;

export class SlotPolicies {
  readonly #node: number;
  readonly #memory: PolicySlots;
  readonly #campaigns = new Map<string, Slots>();
  /** States of a run before, until their campaigns are planned. */
  readonly #restored = new Map<string, SlotInputsState>();
  #records: PolicyRecord[] = [];
  #spoke = 0;
  #fellBack = 0;
  readonly #outside = POLICY_INPUT_NAMES.map(() => 0);

  constructor(node: number, buffer: SharedArrayBuffer) {
    this.#node = node;
    this.#memory = new PolicySlots({ buffer, campaigns: map.CAMPAIGNS, count: MAX_CAMPAIGNS });
  }

  /** Takes the campaigns of a new book. */
  plan(plans: readonly PacedPlan[]): void {
    const wanted = new Set(plans.filter(({ pacing }) => pacing === 'value').map(({ campaign }) => campaign));
    for (const campaign of this.#campaigns.keys()) if (!wanted.has(campaign)) this.#campaigns.delete(campaign);
    for (const { campaign, index } of plans) {
      if (!wanted.has(campaign)) this.#memory.clear(index);
      else if (!this.#campaigns.has(campaign)) this.#campaigns.set(campaign, this.#start(campaign));
    }
  }

  /** Notes what was billed. */
  charged({ facts }: NoticeRecord): void {
    const its = this.#campaigns.get(facts.campaign);
    if (its === undefined) return;
    its.wins += 1;
    its.value += facts.ctr;
  }

  /** Looks at a campaign: at the beginning of a slot the policy is told; what it decided is taken to the log. */
  step(nowMs: number, plan: PacedPlan, sight: PolicySight): void {
    const its = this.#campaigns.get(plan.campaign);
    if (its === undefined) return;
    if (its.lastMs > 0 && sight.pace > 0) {
      const elapsedS = (nowMs - its.lastMs) / 1000;
      its.logPaceSeconds += elapsedS * Math.log(sight.pace);
      its.paceSeconds += elapsedS;
    }
    its.lastMs = nowMs;
    its.multiplier = sight.multiplier;
    this.#show(nowMs, plan, its, sight);
    this.#log(plan, its);
  }

  /** Records to be logged, in their order, and no more than so many. What is not logged is to be given back. */
  take(most: number): PolicyRecord[] {
    return this.#records.splice(0, most);
  }

  giveBack(records: readonly PolicyRecord[]): void {
    this.#records = [...records, ...this.#records].slice(-WAITING_MAX);
  }

  stats(): PolicyStats {
    const multipliers = [...this.#campaigns.values()].map(({ multiplier }) => multiplier);
    const sum = multipliers.reduce((all, multiplier) => all + multiplier, 0);
    return {
      campaigns: multipliers.length,
      multiplierMean: multipliers.length === 0 ? 1 : sum / multipliers.length,
      spoke: this.#spoke,
      fellBack: this.#fellBack,
      outside: [...this.#outside],
    };
  }

  dump(): PoliciesDump {
    return [...this.#campaigns].map(([campaign, { inputs }]) => [campaign, inputs.dump()]);
  }

  restore(dump: PoliciesDump): void {
    for (const [campaign, state] of dump) this.#restored.set(campaign, state);
  }

  #start(campaign: string): Slots {
    const state = this.#restored.get(campaign);
    this.#restored.delete(campaign);
    return {
      inputs: new SlotInputs(state),
      isSeen: false,
      shown: [],
      logged: 0,
      wins: 0,
      value: 0,
      logPaceSeconds: 0,
      paceSeconds: 0,
      lastMs: 0,
      multiplier: 1,
      periodMs: 0,
      spentBeforeMicros: 0,
    };
  }

  #show(nowMs: number, plan: PacedPlan, its: Slots, sight: PolicySight): void {
    const { index } = plan;
    const { period, spentMicros, leftMicros, leftTodayMicros, bids, multiplier } = sight;
    // There is nothing to plan by; or the ledger has not heard yet how the campaign stands.
    if (period === undefined) this.#memory.clear(index);
    const isUnknown = spentMicros === 0 && leftMicros === 0;
    if (period === undefined || isUnknown || nowMs < period.startMs || nowMs >= period.endMs) return;
    if (its.periodMs !== period.startMs) {
      its.periodMs = period.startMs;
      its.spentBeforeMicros = spentMicros;
    }
    const slot = Math.floor(nowMs / map.POLICY_SLOT_MS);
    // A ledger that was started again finds the slot decided: it only looks at the counters.
    const isShown = this.#memory.slot(index) === slot;
    if (isShown && its.isSeen) return;
    its.isSeen = true;
    const left = Math.max(0, Math.min(leftMicros, leftTodayMicros));
    const budgetMicros = left + spentIn(plan, its, sight);
    const { wins, value, logPaceSeconds, paceSeconds } = its;
    const inputs = its.inputs.next(
      { spentMicros, bids, wins, value, logPaceSeconds, paceSeconds },
      {
        budgetMicros,
        budgetLeft: budgetMicros > 0 ? left / budgetMicros : 0,
        timeLeft: (period.endMs - nowMs) / (period.endMs - period.startMs),
        multiplier,
      },
    );
    if (isShown) {
      its.shown = this.#memory.inputs(index) ?? [];
      return;
    }
    its.shown = [...inputs];
    this.#memory.publish(index, slot, inputs);
  }

  #log({ campaign, index }: PacedPlan, its: Slots): void {
    const decisions = this.#memory.decisions(index);
    if (decisions === undefined || decisions === its.logged) return;
    const decision = this.#memory.decision(index);
    // Of a slot before, when it was told of the next: there is another one to come.
    if (decision === undefined || decision.slot !== this.#memory.slot(index)) return;
    its.logged = decisions;
    this.#count(decision);
    const { slot, atMs, model, mean, sigma, output, multiplier, outside } = decision;
    this.#records.push({
      type: 'policy',
      by: this.#node,
      campaign,
      slot,
      atMs,
      model,
      inputs: its.shown,
      mean,
      sigma,
      output,
      multiplier,
      density: normalDensity(output, mean, sigma),
      fellBack: outside.length > 0,
    });
    if (this.#records.length > WAITING_MAX) this.#records.shift();
  }

  #count({ outside }: PolicyDecision): void {
    if (outside.length === 0) this.#spoke += 1;
    else this.#fellBack += 1;
    for (const name of outside) {
      const i = POLICY_INPUT_NAMES.indexOf(name);
      this.#outside[i] = (this.#outside[i] as number) + 1;
    }
  }
}

/**
 * What was spent in the period. Where less is left than today's budget, what was spent today does not follow from it.
 */
function spentIn(plan: PacedPlan, its: Slots, sight: PolicySight): number {
  const { spentMicros, leftMicros, leftTodayMicros } = sight;
  if (plan.dailyBudgetMicros === Infinity) return spentMicros;
  return leftTodayMicros < leftMicros ? plan.dailyBudgetMicros - leftTodayMicros : spentMicros - its.spentBeforeMicros;
}
