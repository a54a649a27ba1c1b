// Fits a profile's prices to a histogram of prices.
//
// 1. A price is a floor if it has over 1.5% of all auctions and over four times the median of the ten prices around it;
//    its share is what it has above that median. At most six, the largest.
// 2. The rest is two log-normal waves, by expectation and maximisation (Dempster, Laird and Rubin 1977, section 4.3).
//    Prices above `PRICE_MAX` were never seen, which is not that they do not exist: each round adds those the waves
//    imply (section 4.2, truncated data), without which the upper wave would be too narrow.

import { PRICE_MAX, type Prices, waveOf } from './profile.js';

const FLOORS_MAX = 6;
const FLOOR_SHARE_MIN = 0.015;
const FLOOR_ABOVE = 4;
const AROUND = 5;
const ROUNDS = 300;
/** How far beyond the highest price the waves are followed. */
const UNSEEN_MAX = 4 * PRICE_MAX;

interface Wave {
  share: number;
  median: number;
  deviation: number;
}

/** @param histogram auctions by price, 0 to `PRICE_MAX`; what is at 0 is left out */
export function fitPrices(histogram: ArrayLike<number>): Prices {
  const rest = Float64Array.from({ length: PRICE_MAX + 1 }, (_, price) => (price === 0 ? 0 : (histogram[price] ?? 0)));
  const total = rest.reduce((sum, each) => sum + each, 0);
  if (!(total > 0)) throw new RangeError('a histogram of nothing');
  const floors = floorsOf(rest, total);
  for (const [price, share] of floors) (rest[price] as number) -= share * total;
  const left = 1 - floors.reduce((sum, [, share]) => sum + share, 0);
  const waves = wavesOf(rest);
  return {
    floors,
    waves: waves.map(({ share, median, deviation }) => [share * left, median, deviation] as const),
  };
}

function floorsOf(rest: Float64Array, total: number): [number, number][] {
  const floors: [number, number][] = [];
  rest.forEach((count, price) => {
    const around = [...rest.subarray(Math.max(1, price - AROUND), price + AROUND + 1)].sort((a, b) => a - b);
    const usual = around[around.length >> 1] as number;
    if (count > FLOOR_SHARE_MIN * total && count > FLOOR_ABOVE * usual) floors.push([price, (count - usual) / total]);
  });
  const largest = floors.sort((a, b) => b[1] - a[1]).slice(0, FLOORS_MAX);
  return largest.sort((a, b) => a[0] - b[0]);
}

/** Shares that add up to 1, by what is seen. */
function wavesOf(rest: Float64Array): Wave[] {
  const waves: Wave[] = [
    { share: 0.5, median: PRICE_MAX / 12, deviation: 1 },
    { share: 0.5, median: PRICE_MAX / 3, deviation: 0.5 },
  ];
  const total = rest.reduce((sum, each) => sum + each, 0);
  for (let round = 0; round < ROUNDS; round++) {
    const densities = waves.map(({ share, median, deviation }) =>
      waveOf(median, deviation, UNSEEN_MAX).map((density) => share * density),
    );
    const seen = densities.map((density) => density.subarray(0, PRICE_MAX + 1).reduce((sum, each) => sum + each, 0));
    const allSeen = seen.reduce((sum, each) => sum + each, 0);
    waves.forEach((wave, i) => {
      const own = densities[i] as Float64Array;
      let weight = 0;
      let first = 0;
      let second = 0;
      for (let price = 1; price <= UNSEEN_MAX; price++) {
        const density = densities.reduce((sum, each) => sum + (each[price] as number), 0);
        const count = price <= PRICE_MAX ? (rest[price] as number) : (total * density) / allSeen;
        const mine = density > 0 ? (count * (own[price] as number)) / density : 0;
        const log = Math.log(price);
        weight += mine;
        first += mine * log;
        second += mine * log * log;
      }
      const mean = first / weight;
      wave.share = weight;
      wave.median = Math.exp(mean);
      wave.deviation = Math.sqrt(Math.max(second / weight - mean * mean, 0.01));
    });
    const sum = waves.reduce((all, { share }) => all + share, 0);
    for (const wave of waves) wave.share /= sum;
  }
  const visible = waves.map(({ share, median, deviation }) =>
    waveOf(median, deviation).reduce((all, density) => all + share * density, 0),
  );
  const all = visible.reduce((sum, each) => sum + each, 0);
  return waves.map((wave, i) => ({ ...wave, share: (visible[i] as number) / all }));
}
