// The paces of a node's campaigns, once a second: what each pacer sees, and what it says; and what the policy is shown
// of those that have one (slot_policies.ts). How: docs/pacing.md, docs/policy.md.

import { MAX_WORKERS } from '../../assembly/limits.js';
import * as map from '../../assembly/memory_map.js';
import type { PacedPlan } from '../../bidcore/money/campaign_plans.js';
import type { NoticeRecord } from '../../bidcore/money/event.js';
import type { Funds } from '../../bidcore/money/funds.js';
import { Pacer, type PacerState } from '../../bidcore/money/pacer.js';
import { TrafficShape, type TrafficShapeState } from '../../bidcore/money/traffic_shape.js';
import { type PoliciesDump, SlotPolicies } from './slot_policies.js';

interface Paced {
  plan: PacedPlan;
  pacer: Pacer;
}

interface Charges {
  count: number;
  delayMs: number;
}

/** What a restarted node goes on from. */
export interface PacersDump {
  readonly pacers: readonly (readonly [campaign: string, state: PacerState])[];
  readonly shapes: readonly TrafficShapeState[];
  /** None in a snapshot of before there were policies. */
  readonly policies?: PoliciesDump;
}

export class Pacers {
  /** What the policy is shown of the campaigns, and its decisions. */
  readonly policies: SlotPolicies;
  readonly #funds: Funds;
  readonly #counters: Float64Array;
  readonly #paced = new Map<string, Paced>();
  readonly #charges = new Map<string, Charges>();
  readonly #shapes = new Map<string, TrafficShape>();
  /** States of a run before, until their campaigns are planned. */
  readonly #restored = new Map<string, PacerState>();

  /** @param node its number in records */
  constructor(funds: Funds, buffer: SharedArrayBuffer, node: number) {
    this.#funds = funds;
    this.policies = new SlotPolicies(node, buffer);
    this.#counters = new Float64Array(buffer, map.COUNTERS, (MAX_WORKERS * map.COUNTERS_BYTES) / 8);
  }

  /** Takes the campaigns of a new book. A changed plan goes on from the pace that was. */
  plan(plans: readonly PacedPlan[]): void {
    this.policies.plan(plans);
    const wanted = new Set(plans.map(({ campaign }) => campaign));
    for (const campaign of this.#paced.keys()) if (!wanted.has(campaign)) this.#paced.delete(campaign);
    for (const plan of plans) {
      const known = this.#paced.get(plan.campaign);
      if (known !== undefined && isSame(known.plan, plan)) {
        known.plan = plan;
        continue;
      }
      const state = known?.pacer.dump() ?? this.#restored.get(plan.campaign);
      this.#restored.delete(plan.campaign);
      this.#paced.set(plan.campaign, { plan, pacer: this.#makePacer(plan, state) });
    }
  }

  /** Notes a charge: how long it took to come, and what was bought. */
  charged(record: NoticeRecord): void {
    const { facts, atMs, chargeMicros } = record;
    if (chargeMicros === 0) return;
    this.policies.charged(record);
    const charges = this.#charges.get(facts.campaign) ?? { count: 0, delayMs: 0 };
    charges.count += 1;
    charges.delayMs += Math.max(0, atMs - facts.issuedS * 1000);
    this.#charges.set(facts.campaign, charges);
  }

  /** Sets the paces. To be called once a second. */
  step(nowMs: number): void {
    let requests = 0;
    for (let worker = 0; worker < MAX_WORKERS; worker++) {
      requests += this.#counters[(worker * map.COUNTERS_BYTES + map.COUNT_REQUESTS) / 8] as number;
    }
    for (const shape of this.#shapes.values()) shape.observe(nowMs, requests);
    for (const { plan, pacer } of this.#paced.values()) {
      const reading = this.#funds.reading(plan.index);
      const { spentMicros, leftMicros, leftTodayMicros, reservedMicros, bids } = reading;
      const { count, delayMs } = this.#charges.get(plan.campaign) ?? { count: 0, delayMs: 0 };
      const { multipliers } = this.#funds;
      const policy = multipliers.policy(plan.index);
      const before = multipliers.pace(plan.index);
      const pace = pacer.step(nowMs, {
        spentMicros,
        leftMicros,
        leftTodayMicros: plan.dailyBudgetMicros === Infinity ? Infinity : leftTodayMicros,
        reservedMicros,
        bids,
        requests,
        policy,
        charges: count,
        chargeDelayMs: delayMs,
      });
      multipliers.setPace(plan.index, pace);
      const period = pacer.period(nowMs);
      this.policies.step(nowMs, plan, { ...reading, pace: before, multiplier: policy, period });
    }
  }

  dump(): PacersDump {
    return {
      pacers: [...this.#paced].map(([campaign, { pacer }]) => [campaign, pacer.dump()]),
      shapes: [...this.#shapes.values()].map((shape) => shape.dump()),
      policies: this.policies.dump(),
    };
  }

  restore({ pacers, shapes, policies = [] }: PacersDump): void {
    this.policies.restore(policies);
    for (const [campaign, state] of pacers) this.#restored.set(campaign, state);
    for (const state of shapes) this.#shapes.set(state.timeZone, new TrafficShape(state.timeZone, state));
  }

  #makePacer(plan: PacedPlan, state: PacerState | undefined): Pacer {
    const { pacing, dailyBudgetMicros, timeZone, startMs, endMs } = plan;
    let traffic = this.#shapes.get(timeZone);
    if (traffic === undefined) {
      traffic = new TrafficShape(timeZone);
      this.#shapes.set(timeZone, traffic);
    }
    const hasDailyBudget = dailyBudgetMicros !== Infinity;
    const period = { ...(startMs === undefined ? {} : { startMs }), ...(endMs === undefined ? {} : { endMs }) };
    return new Pacer({ kind: pacing, hasDailyBudget, timeZone, traffic, ...period }, state);
  }
}

function isSame(a: PacedPlan, b: PacedPlan): boolean {
  return (
    a.pacing === b.pacing &&
    a.timeZone === b.timeZone &&
    a.startMs === b.startMs &&
    a.endMs === b.endMs &&
    (a.dailyBudgetMicros === Infinity) === (b.dailyBudgetMicros === Infinity)
  );
}
