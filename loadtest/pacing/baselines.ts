// What the pacer is compared with. Each has the constant its source gives or suggests: none is tuned to these days.

import type { PaceObservation } from '../../bidcore/money/pacer.js';
import { PACE_MIN } from '../../bidcore/money/pacer.js';
import type { PacingPlan, Period } from '../../bidcore/money/pacing_plan.js';
import type { PaceSetter } from '../../bidcore/testing/traffic_day.js';

const clamp = (pace: number): number => Math.min(1, Math.max(PACE_MIN, pace));

/** No pacing: bids until the money is gone. */
export class Unpaced implements PaceSetter {
  step(): number {
    return 1;
  }
}

/**
 * Agarwal, Ghosh, Wei, You: Budget pacing for targeted online advertisements at LinkedIn (KDD 2014): each minute 10%
 * more or less, as what is spent is below or above the plan's cumulative curve; starts at 0.1.
 */
export class Throttle implements PaceSetter {
  #pace = 0.1;
  #nextMs = 0;

  constructor(
    readonly plan: PacingPlan,
    readonly period: Period,
    readonly budgetMicros: number,
  ) {}

  step(nowMs: number, { spentMicros }: PaceObservation): number {
    if (nowMs >= this.#nextMs) {
      this.#nextMs = nowMs + 60_000;
      const planned = this.plan.shareBy(nowMs, this.period) * this.budgetMicros;
      this.#pace = clamp(this.#pace * (spentMicros > planned ? 0.9 : 1.1));
    }
    return this.#pace;
  }
}

/**
 * Balseiro, Gur: Learning in repeated auctions with budgets: regret minimization and equilibrium (Management Science
 * 65(9), 2019): bids are value / (1 + μ), μ falls by ε (target − spend) each step. ε is 1 / √T in steps of a second,
 * with spend measured in targets; the target follows the plan.
 */
export class Dual implements PaceSetter {
  #mu = 9;
  #spentMicros = 0;

  constructor(
    readonly plan: PacingPlan,
    readonly period: Period,
    readonly budgetMicros: number,
  ) {}

  step(nowMs: number, { spentMicros }: PaceObservation): number {
    const seconds = (this.period.endMs - this.period.startMs) / 1000;
    const due = this.plan.shareBy(nowMs + 1000, this.period) - this.plan.shareBy(nowMs, this.period);
    const charged = spentMicros - this.#spentMicros;
    this.#spentMicros = spentMicros;
    if (nowMs > this.period.startMs && due > 0) {
      const step = (charged / (due * this.budgetMicros) - 1) / Math.sqrt(seconds);
      this.#mu = Math.min(1 / PACE_MIN - 1, Math.max(0, this.#mu + step));
    }
    return clamp(1 / (1 + this.#mu));
  }
}

/** A plain proportional throttle: each second, ln pace moves by 1% of ln (target / spend of the last minute). */
export class Proportional implements PaceSetter {
  #pace = 0.1;
  #spentMicros = 0;
  #perS: number | undefined;

  constructor(
    readonly plan: PacingPlan,
    readonly period: Period,
    readonly budgetMicros: number,
  ) {}

  step(nowMs: number, { spentMicros, leftMicros }: PaceObservation): number {
    const targetPerS = leftMicros * this.plan.duePerS(nowMs, this.period.startMs);
    this.#perS = (this.#perS ?? targetPerS) * (1 - 1 / 60) + (spentMicros - this.#spentMicros) / 60;
    this.#spentMicros = spentMicros;
    const error = Math.log(Math.max(targetPerS, 1e-9) / Math.max(this.#perS, targetPerS / 100, 1e-9));
    this.#pace = clamp(this.#pace * Math.exp(0.01 * error));
    return this.#pace;
  }
}
