// Days that might have been: a log's auctions, drawn again, under a stress. All is drawn from the seed, so a seed is a
// world, and everyone who races in it meets the same auctions.
//
// The log is spread evenly over the slots, and each slot's auctions are drawn with replacement from what the log has
// in that slot: seeds differ by what chance brings, the course of the day stays. World `none` of seed 0 is the log as
// it is.

import { Random } from '../random.js';
import { type Auctions, type Day, evenDay, SLOTS } from './day.js';

/** What a stress does, slot by slot; 1, 1, 1 and 0 do nothing. */
export interface Levels {
  /** Times as many auctions. */
  readonly traffic: Float64Array;
  /** Prices and rates times this. */
  readonly price: Float64Array;
  readonly rate: Float64Array;
  /** Share of auctions with one more bidder, who bids a price drawn from the log: the higher of the two counts. */
  readonly rivals: Float64Array;
}

interface Stress {
  readonly about: string;
  set(levels: Levels, random: Random): void;
}

/** Stresses that begin at a slot begin between these. */
const FIRST_SLOT = 20;
const LAST_SLOT = 76;
const HOUR = SLOTS / 24;
const within = (random: Random): number => FIRST_SLOT + random.integer(LAST_SLOT - FIRST_SLOT);

const STRESS_TABLE = {
  none: { about: 'the log, drawn again within its slots', set: () => undefined },
  traffic: {
    about: 'each hour has 60% to 140% of its auctions',
    set: ({ traffic }, random) => {
      for (let slot = 0; slot < SLOTS; slot += HOUR) traffic.fill(random.uniform(0.6, 1.4), slot, slot + HOUR);
    },
  },
  price_drift: {
    about: 'prices rise or fall in a line over the day, by 30% to 50% in the end',
    set: ({ price }, random) => {
      const change = (random.integer(2) === 0 ? -1 : 1) * random.uniform(0.3, 0.5);
      for (let slot = 0; slot < SLOTS; slot++) price[slot] = 1 + (change * slot) / (SLOTS - 1);
    },
  },
  click_shift: {
    about: 'from some slot on, predicted and true click rates are 0.6 or 1.5 times what they were',
    set: ({ rate }, random) => {
      const from = within(random);
      rate.fill(random.integer(2) === 0 ? 0.6 : 1.5, from);
    },
  },
  competitors: {
    about: 'from some slot on, 20% to 50% of auctions have one more bidder, with a price drawn from the log',
    set: ({ rivals }, random) => {
      const from = within(random);
      rivals.fill(random.uniform(0.2, 0.5), from);
    },
  },
} satisfies Record<string, Stress>;

export type StressName = keyof typeof STRESS_TABLE;
export const STRESSES: Readonly<Record<StressName, Stress>> = STRESS_TABLE;
export const STRESS_NAMES = Object.keys(STRESS_TABLE) as readonly StressName[];

/** What a stress of a seed does in each slot. */
export function levelsOf(stress: StressName, seed: number): Levels {
  const levels: Levels = {
    traffic: new Float64Array(SLOTS).fill(1),
    price: new Float64Array(SLOTS).fill(1),
    rate: new Float64Array(SLOTS).fill(1),
    rivals: new Float64Array(SLOTS),
  };
  STRESSES[stress].set(levels, new Random(2 * (seed * STRESS_NAMES.length + STRESS_NAMES.indexOf(stress))));
  return levels;
}

/** The day of a seed under a stress. */
export function worldOf(log: Auctions, stress: StressName, seed: number): Day {
  const even = evenDay(log);
  if (stress === 'none' && seed === 0) return even;
  const { traffic, price, rate, rivals } = levelsOf(stress, seed);
  const random = new Random(2 * (seed * STRESS_NAMES.length + STRESS_NAMES.indexOf(stress)) + 1);
  const firsts = even.ends.map((_, slot) => (slot === 0 ? 0 : (even.ends[slot - 1] as number)));
  const counts = even.ends.map((end, slot) => Math.round((end - (firsts[slot] as number)) * (traffic[slot] as number)));
  const total = counts.reduce((sum, each) => sum + each, 0);
  const day = { price: new Float64Array(total), rate: new Float64Array(total), click: new Uint8Array(total) };
  const ends = new Int32Array(SLOTS);
  for (let slot = 0, next = 0; slot < SLOTS; slot++) {
    const first = firsts[slot] as number;
    const count = (even.ends[slot] as number) - first;
    const [dearer, likelier, rival] = [price[slot] as number, rate[slot] as number, rivals[slot] as number];
    for (const end = next + (counts[slot] as number); next < end; next++) {
      const drawn = first + random.integer(count);
      const predicted = log.rate[drawn] as number;
      const own = log.price[drawn] as number;
      const other = rival > 0 && random.uniform() < rival ? (log.price[random.integer(log.price.length)] as number) : 0;
      day.price[next] = Math.max(own, other) * dearer;
      day.rate[next] = Math.min(1, predicted * likelier);
      day.click[next] = shifted(log.click[drawn] as number, predicted, likelier, random);
    }
    ends[slot] = next;
  }
  return { ...day, ends, usual: log.price.length };
}

/** A click where rates are other than they were: some are lost, or come where there was none. */
function shifted(click: number, rate: number, likelier: number, random: Random): number {
  if (likelier === 1) return click;
  if (click === 1) return random.uniform() < likelier ? 1 : 0;
  return random.uniform() < (likelier - 1) * rate ? 1 : 0;
}
