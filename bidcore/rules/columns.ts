// Conditions over all campaigns at once. Ten thousand campaigns under fifty rules are half a million answers; taken
// object by object they cost a second, column by column some milliseconds: each metric of each window is worked out
// once for all campaigns and all rules, each comparison is one pass over numbers, and and/or are passes over bytes.

import { type MetricName, quotient, ratioOf, type SumName } from '../metrics/metrics.js';
import { DAY_MS, type SumSeries } from '../metrics/series.js';
import { branchesOf, type Condition, type ConditionTree, durationMs, isCondition } from './rule_schema.js';

/** Sums of the same campaigns in the same order, in buckets of one or more lengths; at least one series. */
export type History = readonly SumSeries[];

/** Buckets `from` up to, but not, `to` of a series. */
export interface Window {
  readonly series: SumSeries;
  readonly from: number;
  readonly to: number;
}

export class ConditionColumns {
  readonly #history: History;
  readonly #nowMs: number;
  readonly #dailyBudgets: Float64Array;
  readonly #metrics = new Map<string, Float64Array>();
  readonly #masks = new Map<Condition, Uint8Array>();
  readonly #windows = new Map<Condition, readonly Window[]>();

  /**
   * @param nowMs no bucket that starts later is looked at
   * @param dailyBudgets of each campaign in micros, 0 without one
   */
  constructor(history: History, nowMs: number, dailyBudgets: Float64Array) {
    this.#history = history;
    this.#nowMs = nowMs;
    this.#dailyBudgets = dailyBudgets;
  }

  /** 1 for each campaign for which a tree holds, else 0. Not to be written to. */
  holds(tree: ConditionTree): Uint8Array {
    if (isCondition(tree)) return this.#leaf(tree);
    const masks = branchesOf(tree).map((branch) => this.holds(branch));
    const mask = Uint8Array.from(masks[0] as Uint8Array);
    const all = 'all' in tree;
    for (const other of masks.slice(1)) {
      if (all) for (let i = 0; i < mask.length; i++) (mask[i] as number) &= other[i] as number;
      else for (let i = 0; i < mask.length; i++) (mask[i] as number) |= other[i] as number;
    }
    return mask;
  }

  /** A metric of a window for all campaigns, NaN where it is undefined. Not to be written to. */
  metric(name: MetricName, window: Window): Float64Array {
    const key = `${name}/${window.series.bucketMs}/${window.from}/${window.to}`;
    const known = this.#metrics.get(key);
    if (known !== undefined) return known;
    const column = this.#work(name, window);
    this.#metrics.set(key, column);
    return column;
  }

  /** The windows of a condition, the latest first. */
  windows(condition: Condition): readonly Window[] {
    const known = this.#windows.get(condition);
    if (known !== undefined) return known;
    const windows = this.#cut(condition);
    this.#windows.set(condition, windows);
    return windows;
  }

  #cut({ window, consecutive }: Condition): Window[] {
    const length = durationMs(window);
    const series = this.#seriesFor(length, length * consecutive);
    const buckets = Math.max(1, Math.round(length / series.bucketMs));
    const end = Math.ceil((this.#nowMs - series.startMs) / series.bucketMs);
    return Array.from({ length: consecutive }, (_, back) => {
      const to = end - back * buckets;
      return { series, from: to - buckets, to };
    });
  }

  /**
   * The finest series that reaches back far enough and whose buckets are no longer than the window; without one, that
   * which reaches back furthest.
   */
  #seriesFor(windowMs: number, spanMs: number): SumSeries {
    const byFineness = [...this.#history].sort((a, b) => a.bucketMs - b.bucketMs);
    const from = this.#nowMs - spanMs;
    const fits = byFineness.find(({ bucketMs, startMs }) => bucketMs <= windowMs && startMs - bucketMs < from);
    const fine = byFineness.filter(({ bucketMs }) => bucketMs <= windowMs);
    const rest = fine.length > 0 ? fine : byFineness.slice(0, 1);
    return fits ?? rest.reduce((a, b) => (b.startMs < a.startMs ? b : a));
  }

  /** What a campaign might have spent in a window by its daily budget, micros. */
  budgetOf(campaign: number, { series, from, to }: Window): number {
    return (this.#dailyBudgets[campaign] as number) * (((to - from) * series.bucketMs) / DAY_MS);
  }

  #work(name: MetricName, window: Window): Float64Array {
    const ratio = ratioOf(name);
    const { series, from, to } = window;
    const empty = (): Float64Array => new Float64Array(series.campaigns.length);
    if (ratio === undefined) return series.window(name as SumName, from, to, empty());
    const column = Float64Array.from(this.metric(ratio.of, window));
    if (ratio.less !== undefined) {
      const less = this.metric(ratio.less, window);
      for (let i = 0; i < column.length; i++) column[i] = (column[i] as number) - (less[i] as number);
    }
    const divisors =
      ratio.by === 'budget_micros' ? column.map((_, i) => this.budgetOf(i, window)) : this.metric(ratio.by, window);
    for (let i = 0; i < column.length; i++) column[i] = quotient(ratio, column[i] as number, divisors[i] as number);
    return column;
  }

  #leaf(condition: Condition): Uint8Array {
    const known = this.#masks.get(condition);
    if (known !== undefined) return known;
    const mask = new Uint8Array(this.#dailyBudgets.length).fill(1);
    for (const window of this.windows(condition)) {
      compare(this.metric(condition.metric, window), condition, mask);
      if (condition.minimum_impressions === 0) continue;
      const impressions = this.metric('impressions', window);
      for (let i = 0; i < mask.length; i++) {
        if ((impressions[i] as number) < condition.minimum_impressions) mask[i] = 0;
      }
    }
    this.#masks.set(condition, mask);
    return mask;
  }
}

/** Clears what a comparison does not hold for. One with NaN never holds: what is undefined meets no condition. */
function compare(values: Float64Array, { operator, value }: Condition, mask: Uint8Array): void {
  switch (operator) {
    case '<':
      for (let i = 0; i < mask.length; i++) if (!((values[i] as number) < value)) mask[i] = 0;
      break;
    case '<=':
      for (let i = 0; i < mask.length; i++) if (!((values[i] as number) <= value)) mask[i] = 0;
      break;
    case '>':
      for (let i = 0; i < mask.length; i++) if (!((values[i] as number) > value)) mask[i] = 0;
      break;
    case '>=':
      for (let i = 0; i < mask.length; i++) if (!((values[i] as number) >= value)) mask[i] = 0;
      break;
  }
}
