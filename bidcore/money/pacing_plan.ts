// When a campaign's money is to be spent: the share of what is left that is due now. The share is worked out anew each
// time from the time that is left, so what was spent too much or too little is spread over the rest of the period.
//
//   even          ────────    the same every second
//   front_loaded  ╲           falls in a line from 1.5 to 0.5 of even
//                  ╲╲
//   traffic       ▁▂▆█▇▂▁     as the node's requests are spread (traffic_shape.ts)
//   value         ▁▂▆█▇▂▁     as `traffic`, kept to loosely: a steady pace comes first, and the policy refines it
//   asap          █           all that bids can get
//
// The period is the account's day if there is a daily budget, cut by the campaign's start and end; else it is the time
// from the start to the end. With neither a daily budget nor an end there is nothing to pace by: asap.

import { Days } from './days.js';
import type { TrafficShape } from './traffic_shape.js';

export type PlanKind = 'even' | 'front_loaded' | 'traffic' | 'value' | 'asap';
export const PLAN_KINDS: readonly PlanKind[] = ['even', 'front_loaded', 'traffic', 'value', 'asap'];

export interface PacingPlanOptions {
  readonly kind: PlanKind;
  readonly hasDailyBudget: boolean;
  /** Of the account: IANA name. */
  readonly timeZone: string;
  /** Of the campaign; without a start, its period begins when it was first paced. */
  readonly startMs?: number;
  readonly endMs?: number;
  /** How the requests of the account's days are spread: for `traffic` and `value`, which are even without it. */
  readonly traffic?: TrafficShape;
}

export interface Period {
  readonly startMs: number;
  readonly endMs: number;
}

/** How the money of a period is spread over it: relative rates. */
interface Spread {
  at(ms: number): number;
  /** Sum of the rates from a time to the end of the period, in seconds of rate 1. */
  remaining(ms: number): number;
}

/** What is left at the very end is spread over no less than this. */
const HORIZON_MIN_S = 30;
const FRONT_FIRST = 1.5;
const FRONT_LAST = 0.5;

export class PacingPlan {
  readonly #options: PacingPlanOptions;
  readonly #days: Days;

  constructor(options: PacingPlanOptions) {
    this.#options = options;
    this.#days = new Days(options.timeZone);
  }

  /**
   * The period a time lies in; undefined if there is nothing to pace by.
   * @param firstMs when the campaign was first paced
   */
  period(nowMs: number, firstMs: number): Period | undefined {
    const { kind, hasDailyBudget, startMs, endMs = Infinity } = this.#options;
    if (kind === 'asap') return undefined;
    if (hasDailyBudget) {
      const day = this.#days.at(nowMs);
      return { startMs: Math.max(day.startMs, startMs ?? day.startMs), endMs: Math.min(day.endMs, endMs) };
    }
    return endMs === Infinity ? undefined : { startMs: startMs ?? firstMs, endMs };
  }

  /**
   * The share of what is left that is due in a second: 0 outside the campaign's time, Infinity if there is no plan.
   * @param firstMs when the campaign was first paced
   */
  duePerS(nowMs: number, firstMs: number): number {
    const period = this.period(nowMs, firstMs);
    if (period === undefined) return Infinity;
    if (nowMs < period.startMs || nowMs >= period.endMs) return 0;
    const spread = this.#spread(period);
    const rate = spread.at(nowMs);
    return rate / Math.max(spread.remaining(nowMs), rate * HORIZON_MIN_S);
  }

  /** How much traffic the plan knows of at a time, in units of its own: 1 where it knows nothing. */
  levelAt(nowMs: number, firstMs: number): number {
    const period = this.period(nowMs, firstMs);
    return period === undefined ? 1 : this.#spread(period).at(nowMs);
  }

  /** The share of a period's budget that is to be spent by a time if all goes as planned; 1 if there is no plan. */
  shareBy(ms: number, period: Period): number {
    if (ms <= period.startMs) return 0;
    if (ms >= period.endMs) return 1;
    const spread = this.#spread(period);
    return 1 - spread.remaining(ms) / spread.remaining(period.startMs);
  }

  #spread(period: Period): Spread {
    const { kind, traffic } = this.#options;
    if ((kind === 'traffic' || kind === 'value') && traffic !== undefined) {
      return { at: (ms) => traffic.rateAt(ms), remaining: (ms) => traffic.requestsIn(ms, period.endMs) };
    }
    return kind === 'front_loaded' ? frontLoaded(period) : even(period);
  }
}

function even({ endMs }: Period): Spread {
  return { at: () => 1, remaining: (ms) => (endMs - ms) / 1000 };
}

function frontLoaded({ startMs, endMs }: Period): Spread {
  const at = (ms: number): number => FRONT_FIRST - ((FRONT_FIRST - FRONT_LAST) * (ms - startMs)) / (endMs - startMs);
  return { at, remaining: (ms) => ((at(ms) + FRONT_LAST) / 2) * ((endMs - ms) / 1000) };
}
