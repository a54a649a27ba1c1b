// When the auctions of a day come: by the usual curve of a day, whose quarter hours are busier or quieter than usual by
// chance.

import { mixSeeds } from '../../bidcore/fuzz/random.js';
import { dailyCurve } from '../../bidcore/testing/traffic_day.js';
import { Chance } from '../exchange/chance.js';

export const DAY_S = 86_400;
export const QUARTER_S = 900;
const QUARTERS = DAY_S / QUARTER_S;
/** Of the logarithm of a quarter hour's traffic. */
const UNUSUAL = 0.15;

/** Requests a second of the quarter hours of a usual day with so many auctions. */
export function usualRates(auctions: number): number[] {
  const curve = Array.from({ length: QUARTERS }, (_, n) => dailyCurve((n + 0.5) * QUARTER_S));
  const sum = curve.reduce((total, rate) => total + rate, 0);
  return curve.map((rate) => ((rate / sum) * auctions) / QUARTER_S);
}

/** Milliseconds since the start of a day at which its auctions come, ascending. */
export function arrivals(auctions: number, seed: number, day: number): Float64Array {
  const chance = new Chance(mixSeeds(mixSeeds(seed, 31), day));
  const rates = usualRates(1).map((rate) => rate * chance.logNormal(1, UNUSUAL));
  const sum = rates.reduce((total, rate) => total + rate, 0);
  const times = new Float64Array(auctions);
  let quarter = 0;
  let before = 0;
  for (let n = 0; n < auctions; n++) {
    const share = (n + chance.float()) / auctions;
    for (; quarter < QUARTERS - 1; quarter++) {
      const its = (rates[quarter] as number) / sum;
      if (before + its > share) break;
      before += its;
    }
    const within = Math.min((share - before) / ((rates[quarter] as number) / sum), 1 - 1e-9);
    times[n] = Math.floor((quarter + within) * QUARTER_S * 1000);
  }
  return times;
}
