// Which arm a unit is in: decided by a hash, so it is the same every time, everywhere, and nothing has to be kept. The
// draw is the one of models (docs/decisions.md, section 4): of 65,536 places the arms after the first have the lowest,
// in order, and the control the rest. An experiment of two models with a salt is the hot path's own split.

import { ARM_USE, TRIAL_SHARES } from '../../assembly/memory_map.js';
import { hashText, mix } from '../hash.js';
import type { Experiment } from './experiment_schema.js';

/** Mixed in to draw who takes part at all, so that it has nothing to do with the arm. */
const TRAFFIC_USE = 0x301;

/** Unsigned 32 bits. */
function saltOf({ id, salt }: Pick<Experiment, 'id' | 'salt'>): number {
  return salt ?? Number(hashText(id) & 0xffffffffn);
}

export class Assignment {
  readonly #salt: bigint;
  readonly #traffic: number;
  /** Of each arm after the first, the place behind its last. */
  readonly #ends: readonly number[];

  /** @param weights of the arms now, where a bandit has moved them; left out, those of the definition */
  constructor(experiment: Experiment, weights = experiment.arms.map(({ weight }) => weight)) {
    this.#salt = BigInt(saltOf(experiment));
    this.#traffic = Math.round(experiment.traffic * TRIAL_SHARES);
    const whole = weights.reduce((sum, weight) => sum + weight, 0);
    let sum = 0;
    this.#ends = weights.slice(1).map((weight) => {
      sum += weight;
      return Math.round((sum / whole) * TRIAL_SHARES);
    });
  }

  /**
   * The arm of a unit, from 0; undefined if it does not take part.
   * @param key the user key, or where there is none, or the unit is a request, the hash of the request's id
   */
  armOf(key: bigint): number | undefined {
    const salted = key ^ this.#salt;
    if (Number(mix(salted, TRAFFIC_USE) >> 48n) >= this.#traffic) return undefined;
    const place = Number(mix(salted, ARM_USE) >> 48n);
    return this.#ends.findIndex((end) => place < end) + 1;
  }
}

/**
 * Deals units that are all known beforehand, such as campaigns, by the weights, as exactly as whole units allow: of
 * few, a draw for each by itself might put all into one arm. Their order is that of their salted hashes.
 * @returns the arm of each unit that takes part, from 0
 */
export function dealt(experiment: Experiment, units: readonly string[]): ReadonlyMap<string, number> {
  const salt = BigInt(saltOf(experiment));
  const placed = units.map((unit) => ({ unit, place: mix(hashText(unit) ^ salt, ARM_USE) }));
  placed.sort((a, b) => (a.place < b.place ? -1 : 1));
  const count = Math.round(units.length * experiment.traffic);
  const whole = experiment.arms.reduce((sum, { weight }) => sum + weight, 0);
  const arms = new Map<string, number>();
  let [arm, behind] = [0, experiment.arms[0]?.weight ?? 0];
  for (const [i, { unit }] of placed.slice(0, count).entries()) {
    while (arm < experiment.arms.length - 1 && (i + 0.5) / count > behind / whole) {
      arm += 1;
      behind += experiment.arms[arm]?.weight ?? 0;
    }
    arms.set(unit, arm);
  }
  return arms;
}
