// What calibration is fitted to: examples and positives at the knots of the hot path's table. An example between two
// knots counts at both, by how near it is, as the table is read. Counts can be added up over processes and fade with
// time, and are as small for a billion examples as for one.

import { CALIBRATION_KNOTS, CALIBRATION_KNOTS_PER_LOGIT, CALIBRATION_LOGIT_MAX } from '../../assembly/model_layout.js';

/** Numbers of a saved KnotCounts. */
export const KNOT_COUNT_NUMBERS = 2 * CALIBRATION_KNOTS;

/** Logit of a knot. */
export const knotLogit = (knot: number): number => knot / CALIBRATION_KNOTS_PER_LOGIT - CALIBRATION_LOGIT_MAX;

/** Where in the table a logit is, in knots: 0 to 256. Beyond the ends is at the ends. */
export const knotOf = (logit: number): number =>
  (Math.min(Math.max(logit, -CALIBRATION_LOGIT_MAX), CALIBRATION_LOGIT_MAX) + CALIBRATION_LOGIT_MAX) *
  CALIBRATION_KNOTS_PER_LOGIT;

export class KnotCounts {
  readonly examples = new Float64Array(CALIBRATION_KNOTS);
  readonly positives = new Float64Array(CALIBRATION_KNOTS);

  /** Throws on a logit or weight that is not a number. */
  add(logit: number, label: 0 | 1, weight: number): void {
    const x = knotOf(logit);
    if (Number.isNaN(x + weight)) throw new Error(`calibration: logit ${logit}, weight ${weight}`);
    const low = Math.min(Math.floor(x), CALIBRATION_KNOTS - 2);
    const part = (x - low) * weight;
    this.#count(low, weight - part, label);
    this.#count(low + 1, part, label);
  }

  /** Adds `times` what another has counted; −1 takes it away. */
  addCounts(other: KnotCounts, times = 1): void {
    for (let k = 0; k < CALIBRATION_KNOTS; k++) {
      // Never below nothing, where rounding would leave it there.
      this.examples[k] = Math.max(0, (this.examples[k] as number) + times * (other.examples[k] as number));
      this.positives[k] = Math.max(0, (this.positives[k] as number) + times * (other.positives[k] as number));
    }
  }

  /** All counts times a factor. */
  scale(factor: number): void {
    for (let k = 0; k < CALIBRATION_KNOTS; k++) {
      this.examples[k] = (this.examples[k] as number) * factor;
      this.positives[k] = (this.positives[k] as number) * factor;
    }
  }

  /** Weight of all examples. */
  get total(): number {
    return this.examples.reduce((sum, count) => sum + count, 0);
  }

  #count(knot: number, weight: number, label: 0 | 1): void {
    this.examples[knot] = (this.examples[knot] as number) + weight;
    this.positives[knot] = (this.positives[knot] as number) + weight * label;
  }
}
