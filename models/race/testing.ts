// A synthetic log for tests: prices and rates log-normal and alike a little, as in real logs.

import { Random } from '../random.js';
import type { Auctions } from './day.js';

/** Prices are whole, from 1 to 300. */
export function syntheticLog(auctions: number, seed: number): Auctions {
  const random = new Random(seed);
  const price = new Float64Array(auctions);
  const rate = new Float64Array(auctions);
  const click = new Uint8Array(auctions);
  for (let n = 0; n < auctions; n++) {
    const common = random.normal();
    price[n] = Math.min(300, Math.max(1, Math.round(60 * Math.exp(0.6 * random.normal() + 0.2 * common))));
    rate[n] = Math.min(0.5, Number((2e-3 * Math.exp(0.8 * random.normal() + 0.4 * common)).toFixed(6)));
    click[n] = random.uniform() < (rate[n] as number) ? 1 : 0;
  }
  return { price, rate, click };
}
