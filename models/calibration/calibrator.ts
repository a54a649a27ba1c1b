// Calibration: from the logit of the factorization machine to the probability that is bid with. It is fitted on
// examples that the weights were not fitted on, or on predictions made before an example was learnt, and written as
// the knots of the hot path's table: one for all traffic, and one for each exchange that has a slot.
//
// One exchange's curve starts from that of all traffic, shifted and tilted as its own examples say against the
// certainty of EXCHANGE_CERTAINTY positives; the isotonic fit then bends it where there are examples to bend it with.
// An exchange with 25 clicks is so half way between what it says of itself and what all say.

import * as layout from '../../assembly/model_layout.js';
import type { Target } from '../fm/fm_trainer.js';
import { frameState, invalidState, isStateError, type StateError, unframeState } from '../state.js';
import { isotonicFit, plattFit } from './fits.js';
import { KNOT_COUNT_NUMBERS, KnotCounts, knotLogit, knotOf } from './knot_counts.js';

export const CALIBRATION_METHODS = ['isotonic', 'platt'] as const;
export type CalibrationMethod = (typeof CALIBRATION_METHODS)[number];

/**
 * How sure the starts are, in positives: the plain sigmoid for all traffic, for the weights were fitted to be right on
 * the whole, and the curve of all traffic for an exchange. Less sure, a few dozen held-back clicks move all predictions
 * by their own noise (docs/prediction.md section 3).
 */
const SIGMOID_CERTAINTY = 100;
const EXCHANGE_CERTAINTY = 25;
/** Exchanges that are counted apart; later ones count in all traffic only. */
const EXCHANGES_MAX = 64;
/** Less weight than this is nothing: an exchange that has faded so far is forgotten. */
const WEIGHT_MIN = 1e-3;

const STATE_MAGIC = 0x434c5647; // "GVLC"
const STATE_VERSION = 1;

/** A fitted curve. */
export class CalibrationCurve {
  /** Probabilities at the knots, rising, 32-bit floats as in a model. */
  readonly knots: Float32Array;

  /** @param logits at the knots, rising */
  constructor(logits: Float64Array) {
    this.knots = Float32Array.from(logits, (logit) => 1 / (1 + Math.exp(-logit)));
  }

  /** Probability at a logit, as the hot path reads it. */
  probability(logit: number): number {
    const x = knotOf(logit);
    const low = Math.min(Math.floor(x), layout.CALIBRATION_KNOTS - 2);
    const [from, to] = [this.knots[low] as number, this.knots[low + 1] as number];
    return from + (x - low) * (to - from);
  }
}

export class Calibrator {
  readonly method: CalibrationMethod;
  #all = new KnotCounts();
  #exchanges = new Map<number, KnotCounts>();

  constructor(method: CalibrationMethod = 'isotonic') {
    this.method = method;
  }

  /** Weight of the examples it holds. */
  get total(): number {
    return this.#all.total;
  }

  /**
   * Counts an example.
   * @param logit of the model's prediction, not calibrated
   * @param exchangeFeature feature index of its exchange, the first of the 27; without it it counts in all traffic only
   * @param weight what it counts for; where negatives were left out, 1 / their share for each that stayed
   */
  add(logit: number, label: 0 | 1, exchangeFeature: number = layout.NO_EXCHANGE, weight = 1): void {
    this.#all.add(logit, label, weight);
    if (exchangeFeature !== layout.NO_EXCHANGE) this.#countsOf(exchangeFeature)?.add(logit, label, weight);
  }

  /** Adds what another has counted. */
  merge(other: Calibrator): void {
    this.#all.addCounts(other.#all);
    for (const [feature, counts] of other.#exchanges) this.#countsOf(feature)?.addCounts(counts);
  }

  /** Lets what was counted so far fade: all counts times a factor of 0 to 1. */
  decay(factor: number): void {
    this.#all.scale(factor);
    for (const [feature, counts] of this.#exchanges) {
      counts.scale(factor);
      if (counts.total < WEIGHT_MIN) this.#exchanges.delete(feature);
    }
  }

  /** The curve of all traffic. Without examples it is the plain sigmoid. */
  curve(): CalibrationCurve {
    return new CalibrationCurve(this.#fitAll());
  }

  /**
   * Writes the tables of one target: the curve of each exchange into its slot; into slot 0 that of all exchanges
   * without a slot; into slots of no exchange that of all traffic.
   * @param slots the exchange's feature index of each slot, as MODEL_EXCHANGES has them; slot 0 is not looked at. Who
   *   writes the tables of a model also writes its MODEL_EXCHANGES
   */
  writeTo(image: Uint8Array, which: Target, slots: readonly number[]): void {
    if (image.length !== layout.MODEL_BYTES) throw new Error(`an image of ${image.length} bytes`);
    const all = this.#fitAll();
    const rest = new KnotCounts();
    rest.addCounts(this.#all);
    for (const feature of slots.slice(1)) {
      const counts = this.#exchanges.get(feature);
      if (counts !== undefined) rest.addCounts(counts, -1);
    }
    for (let slot = 0; slot < layout.CALIBRATION_TABLES; slot++) {
      const counts = slot === 0 ? rest : this.#exchanges.get(slots[slot] ?? layout.NO_EXCHANGE);
      const logits = counts === undefined ? all : this.#fit(counts, all, EXCHANGE_CERTAINTY);
      const { knots } = new CalibrationCurve(logits);
      const table = layout.MODEL_CALIBRATION + slot * layout.CALIBRATION_SLOT_BYTES;
      const at = table + (which === 'ctr' ? 0 : layout.CALIBRATION_TABLE_BYTES);
      image.set(new Uint8Array(knots.buffer), at);
    }
  }

  /** All that was counted. */
  save(): Uint8Array {
    const counts = [...this.#exchanges.entries()];
    const numbers = new Float64Array(1 + KNOT_COUNT_NUMBERS + counts.length * (1 + KNOT_COUNT_NUMBERS));
    let at = 0;
    const put = (head: number, { examples, positives }: KnotCounts): void => {
      numbers[at] = head;
      numbers.set(examples, at + 1);
      numbers.set(positives, at + 1 + layout.CALIBRATION_KNOTS);
      at += 1 + KNOT_COUNT_NUMBERS;
    };
    put(counts.length, this.#all);
    for (const [feature, own] of counts) put(feature, own);
    return frameState(STATE_MAGIC, STATE_VERSION, [new Uint8Array(numbers.buffer)]);
  }

  /** Takes a saved state in place of what was counted. Returns why it was refused; nothing changes then. */
  restore(bytes: Uint8Array): StateError | undefined {
    const body = unframeState(STATE_MAGIC, STATE_VERSION, bytes);
    if (isStateError(body)) return body;
    const record = (1 + KNOT_COUNT_NUMBERS) * 8;
    if (body.length === 0 || body.length % record !== 0) return invalidState(`${body.length} bytes of counts`);
    const records = Array.from({ length: body.length / record }, (_, i) => {
      const [head = 0, ...counted] = new Float64Array(body.buffer, i * record, 1 + KNOT_COUNT_NUMBERS);
      const counts = new KnotCounts();
      counts.examples.set(counted.slice(0, layout.CALIBRATION_KNOTS));
      counts.positives.set(counted.slice(layout.CALIBRATION_KNOTS));
      return [head, counts] as const;
    });
    const [[count, all], ...exchanges] = records as [(typeof records)[number], ...typeof records];
    if (count !== exchanges.length) return invalidState(`${count} exchanges counted, ${exchanges.length} there`);
    this.#all = all;
    this.#exchanges = new Map(exchanges);
    return undefined;
  }

  #fitAll(): Float64Array {
    const sigmoid = Float64Array.from({ length: layout.CALIBRATION_KNOTS }, (_, k) => knotLogit(k));
    return this.#fit(this.#all, sigmoid, SIGMOID_CERTAINTY);
  }

  #fit(counts: KnotCounts, start: Float64Array, certainty: number): Float64Array {
    const tilted = plattFit(counts, start, certainty);
    return this.method === 'platt' ? tilted : isotonicFit(counts, tilted);
  }

  #countsOf(feature: number): KnotCounts | undefined {
    const known = this.#exchanges.get(feature);
    if (known !== undefined || this.#exchanges.size >= EXCHANGES_MAX) return known;
    const counts = new KnotCounts();
    this.#exchanges.set(feature, counts);
    return counts;
  }
}
