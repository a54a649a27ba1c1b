// How a day differs from the days before: for each slot, by how much there is more traffic, prices are higher,
// predicted rates are higher, and how many auctions have another competitor. On some days all levels wander a little;
// the rest comes with a chance of its own, several together if it so happens.

import { SLOTS } from '../../race/day.js';
import type { Random } from '../../random.js';

export interface Levels {
  readonly traffic: Float64Array;
  readonly price: Float64Array;
  readonly rate: Float64Array;
  /** Share of auctions with one competitor more. */
  readonly competition: Float64Array;
}

/** Chance of each kind of disturbance in a day; a change of rates is the one a policy mistakes most. */
const CHANCE = 0.35;
const CHANCE_OF_SHIFT = 0.5;
/** Share of days whose levels wander; on the others only chance makes one slot unlike the next. */
const WANDERING = 0.3;

export function drawLevels(random: Random): Levels {
  const wanders = random.uniform() < WANDERING;
  const levels: Levels = {
    traffic: wandering(random, wanders ? random.uniform(0, 0.1) : 0),
    price: wandering(random, wanders ? random.uniform(0, 0.05) : 0),
    rate: wandering(random, wanders ? random.uniform(0, 0.05) : 0),
    competition: new Float64Array(SLOTS),
  };
  const happens = (chance = CHANCE): boolean => random.uniform() < chance;
  if (happens()) {
    for (let hour = 0; hour < 24; hour++) times(levels.traffic, random.uniform(0.55, 1.45), hour * 4, hour * 4 + 4);
  }
  if (happens()) {
    const to = random.uniform(0.45, 1.6);
    for (let slot = 0; slot < SLOTS; slot++) times(levels.price, 1 + ((to - 1) * slot) / (SLOTS - 1), slot, slot + 1);
  }
  if (happens(CHANCE_OF_SHIFT)) {
    const shift = (random.uniform() < 0.5 ? -1 : 1) * random.uniform(0.2, 0.6);
    times(levels.rate, Math.exp(shift), 8 + random.integer(80), SLOTS);
  }
  if (happens()) levels.competition.fill(random.uniform(0.1, 0.5), 8 + random.integer(80));
  return levels;
}

/** A level that wanders about 1 and comes back within some hours (first-order autoregressive in its logarithm). */
function wandering(random: Random, deviation: number): Float64Array {
  let x = deviation * random.normal();
  return Float64Array.from({ length: SLOTS }, () => {
    x = 0.9 * x + deviation * Math.sqrt(1 - 0.81) * random.normal();
    return Math.exp(x);
  });
}

function times(levels: Float64Array, factor: number, from: number, to: number): void {
  for (let slot = from; slot < to; slot++) levels[slot] = (levels[slot] as number) * factor;
}
