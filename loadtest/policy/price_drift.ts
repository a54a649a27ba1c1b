// How rivals' prices move over the days of a run: all of it drawn from a seed, none of it from what anybody bids.
//
//   ln level = trend of the day + wave of the day + a walk that comes back + two new competitors + a walk per exchange

import { mixSeeds } from '../../bidcore/fuzz/random.js';
import { Chance } from '../exchange/chance.js';
import type { Venue } from '../exchange/venues.js';
import { DAY_S } from './arrivals.js';

/** Of the logarithm: deviation of a day's trend from its start to its end, height of its wave. */
const TREND = 0.3;
const WAVE = 0.12;
/** Deviations of the walks of all and of one exchange, and what they remember (Ornstein and Uhlenbeck 1930). */
const WALK = 0.15;
const WALK_S = 7200;
const OWN_WALK = 0.1;
const OWN_WALK_S = 10_800;
/** Competitors: how much more or less is bid while they are there, and for how long. */
const COMPETITORS = 2;
const COMPETITOR = 0.3;
const COMPETITOR_S = [3600, 10_800] as const;
const STEP_S = 60;
const STEPS = DAY_S / STEP_S;

export class PriceDrift {
  /** By exchange, by step from the start. */
  readonly #levels: ReadonlyMap<Venue, Float64Array>;

  /** @param scale what logarithms are multiplied with: 0 for prices that stay */
  constructor(venues: readonly Venue[], seed: number, days: number, scale: number) {
    const common = commonPath(new Chance(mixSeeds(seed, 21)), days);
    this.#levels = new Map(
      venues.map((venue, n) => {
        const own = walk(new Chance(mixSeeds(seed, 22 + n)), days * STEPS, OWN_WALK, OWN_WALK_S);
        return [venue, common.map((level, i) => Math.exp(scale * (level + (own[i] as number))))];
      }),
    );
  }

  /** What rivals bid on an exchange, as a multiple of what is usual. @param s seconds since the start */
  at(venue: Venue, s: number): number {
    const levels = this.#levels.get(venue);
    if (levels === undefined) throw new Error(`no prices of ${venue.id}`);
    return levels[Math.min(Math.floor(s / STEP_S), levels.length - 1)] as number;
  }
}

function commonPath(chance: Chance, days: number): Float64Array {
  const path = walk(chance, days * STEPS, WALK, WALK_S);
  for (let day = 0; day < days; day++) {
    const trend = TREND * chance.normal();
    const phase = chance.float();
    const competitors = Array.from({ length: COMPETITORS }, () => {
      const fromS = chance.float() * DAY_S;
      const [least, most] = COMPETITOR_S;
      return { fromS, toS: fromS + least + (most - least) * chance.float(), more: chance.chance(0.5) ? 1 : -1 };
    });
    for (let i = 0; i < STEPS; i++) {
      const s = i * STEP_S;
      const present = competitors.filter(({ fromS, toS }) => s >= fromS && s < toS);
      const jump = present.reduce((sum, { more }) => sum + more * COMPETITOR, 0);
      const at = day * STEPS + i;
      const wave = WAVE * Math.sin(2 * Math.PI * (s / DAY_S - phase));
      path[at] = (path[at] as number) + trend * (s / DAY_S - 0.5) + wave + jump;
    }
  }
  return path;
}

/** A walk around 0 that begins anywhere in its distribution. */
function walk(chance: Chance, steps: number, deviation: number, memoryS: number): Float64Array {
  const kept = Math.exp(-STEP_S / memoryS);
  let level = deviation * chance.normal();
  return new Float64Array(steps).map(() => {
    level = level * kept + deviation * Math.sqrt(1 - kept ** 2) * chance.normal();
    return level;
  });
}
