// What each arm of a trial brought, by the version of the model that bid: impressions, clicks, conversions, spend,
// value, and how well the predictions in the tokens held. The gate judges a candidate by it at the end of its trial.

import { Z_95 } from '../../bidcore/statistics/normal.js';
import type { ArmFigures } from '../registry/entry.js';
import type { OpenBid } from '../sidecar/join.js';
import { lossOf, ratioProblem, short, type Verdict } from './gate.js';

/** Clicks of an arm before it is judged, and impressions. */
const CLICKS_MIN = 20;
const IMPRESSIONS_MIN = 1000;
/** How much lower the candidate's value an impression may be, at the lower end of 95%: of the control's. */
const VALUE_MARGIN = 0.1;
const VERSIONS_MAX = 50;

interface Sums {
  impressions: number;
  clicks: number;
  conversions: number;
  spendMicros: number;
  predicted: number;
  loss: number;
  lossSquares: number;
}

export type ArmsState = readonly (readonly [number, Readonly<Sums>])[];

export class Arms {
  /** By version, in the order they were first seen. */
  #sums = new Map<number, Sums>();

  impression({ model, ctr }: OpenBid, clicked: boolean): void {
    const sums = this.#of(model);
    const loss = lossOf(ctr, clicked ? 1 : 0);
    sums.impressions += 1;
    sums.clicks += clicked ? 1 : 0;
    sums.predicted += ctr;
    sums.loss += loss;
    sums.lossSquares += loss * loss;
  }

  conversion({ model }: OpenBid): void {
    this.#of(model).conversions += 1;
  }

  spend(model: number, micros: number): void {
    this.#of(model).spendMicros += micros;
  }

  /** Starts counting a version anew: its trial begins. */
  clear(version: number): void {
    this.#sums.delete(version);
  }

  /** @param clicksAConversion what a conversion is worth in clicks */
  figures(version: number, clicksAConversion: number): ArmFigures {
    const sums = this.#sums.get(version) ?? emptySums();
    return {
      impressions: sums.impressions,
      clicks: sums.clicks,
      conversions: sums.conversions,
      spend_micros: sums.spendMicros,
      value: sums.clicks + sums.conversions * clicksAConversion,
      log_loss: sums.impressions === 0 ? 0 : sums.loss / sums.impressions,
      calibration: sums.clicks === 0 ? 0 : sums.predicted / sums.clicks,
    };
  }

  /** Whether there is enough traffic of a version to judge it by. */
  isEnough(version: number): boolean {
    const { impressions, clicks } = this.#sums.get(version) ?? emptySums();
    return impressions >= IMPRESSIONS_MIN && clicks >= CLICKS_MIN;
  }

  /** Whether a candidate is as good as the control on its own traffic; undefined while there is too little. */
  judge(candidate: number, control: number): Verdict | undefined {
    const [ours, theirs] = [this.#sums.get(candidate), this.#sums.get(control)];
    if (ours === undefined || theirs === undefined) return undefined;
    if (!this.isEnough(candidate) || !this.isEnough(control)) return undefined;
    const calibration = ratioProblem(ours.predicted, ours.clicks);
    if (calibration !== undefined) return { passes: false, reason: `trial: ${calibration}` };
    // Clicks an impression: the arms see the same kind of traffic, so their rates differ by what they chose to bid on.
    const [rate, other] = [ours.clicks / ours.impressions, theirs.clicks / theirs.impressions];
    const error = Math.sqrt((rate * (1 - rate)) / ours.impressions + (other * (1 - other)) / theirs.impressions);
    const lower = rate - other - Z_95 * error;
    const rates = `${short(rate)} clicks an impression against ${short(other)} (95%: at least ${short(lower)} apart)`;
    if (rate < other && rate - other + Z_95 * error < 0) return { passes: false, reason: `trial: worse, ${rates}` };
    const loss = welch(ours, theirs);
    if (loss.lower > VALUE_MARGIN * (theirs.loss / theirs.impressions)) {
      return { passes: false, reason: `trial: its log loss is higher by ${short(loss.mean)} than the control's` };
    }
    return { passes: true, reason: `trial: ${rates}, calibration ${short(ours.predicted / ours.clicks)}` };
  }

  state(): ArmsState {
    return [...this.#sums].map(([version, sums]) => [version, { ...sums }] as const);
  }

  restore(state: ArmsState): void {
    this.#sums = new Map(state.map(([version, sums]) => [version, { ...sums }]));
  }

  #of(version: number): Sums {
    const known = this.#sums.get(version);
    if (known !== undefined) return known;
    const sums = emptySums();
    this.#sums.set(version, sums);
    if (this.#sums.size > VERSIONS_MAX) this.#sums.delete(this.#sums.keys().next().value as number);
    return sums;
  }
}

/** Difference of two means with unequal variances (Welch, Biometrika 34, 1947), its lower end at 95%. */
function welch(a: Sums, b: Sums): { mean: number; lower: number } {
  const of = ({ loss, lossSquares, impressions: n }: Sums) => {
    const mean = loss / n;
    return { mean, variance: (lossSquares / n - mean * mean) / n };
  };
  const [first, second] = [of(a), of(b)];
  const mean = first.mean - second.mean;
  return { mean, lower: mean - Z_95 * Math.sqrt(first.variance + second.variance) };
}

function emptySums(): Sums {
  return { impressions: 0, clicks: 0, conversions: 0, spendMicros: 0, predicted: 0, loss: 0, lossSquares: 0 };
}
