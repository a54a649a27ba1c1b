// Campaigns that never were, for training: a pool of auctions, each a price to win and a predicted click rate, whose
// parameters are drawn from ranges around those of the nine iPinYou campaigns of 2013 (price histograms, and the
// predictions of three):
//
//   price   mean 60 to 95, deviation of the logarithm 0.8 to 1.2, up to two thirds of it on a few prices (floors), none
//           above 300
//   rate    log-normal with a deviation of 0.6 to 1.2, correlation with the price −0.1 to 0.25; some campaigns have a
//           few impressions that are a hundred times better than the mean

import type { Random } from '../../random.js';

/** Auctions in the pool of one campaign. */
const POOL = 8192;
export const PRICE_MAX = 300;

export interface Campaign {
  readonly price: Float64Array;
  readonly rate: Float64Array;
  readonly meanPrice: number;
  /** Indexes from the most predicted clicks for the money to the least. */
  readonly byWorth: Uint32Array;
  /** Traffic of each slot of the day, about 1, and the auctions it is drawn from; without them slots are alike. */
  readonly course?: { readonly traffic: Float64Array; readonly auctions: readonly Uint32Array[] };
}

/** A campaign of a pool of auctions. */
export function campaignOf(price: Float64Array, rate: Float64Array): Campaign {
  const meanPrice = price.reduce((sum, each) => sum + each, 0) / price.length;
  const worth = rate.map((each, i) => each / (price[i] as number));
  const byWorth = Uint32Array.from({ length: price.length }, (_, i) => i).sort(
    (a, b) => (worth[b] as number) - (worth[a] as number),
  );
  return { price, rate, meanPrice, byWorth };
}

export function syntheticCampaign(random: Random): Campaign {
  const logMean = Math.log(random.uniform(35, 80));
  const logDeviation = random.uniform(0.8, 1.2);
  const atoms = Array.from({ length: 6 }, () => Math.round(Math.exp(logMean + logDeviation * 0.8 * random.normal())));
  const atomShare = random.uniform(0.1, 0.65);
  const rateMean = random.uniform(-8.8, -7.2);
  const rateDeviation = random.uniform(0.6, 1.2);
  const correlation = random.uniform(-0.1, 0.25);
  const rest = Math.sqrt(1 - correlation * correlation);
  const tailShare = random.uniform() < 0.3 ? 10 ** random.uniform(-4, -3) : 0;
  const price = new Float64Array(POOL);
  const rate = new Float64Array(POOL);
  for (let i = 0; i < POOL; i++) {
    const z = random.normal();
    const isAtom = random.uniform() < atomShare;
    const free = Math.exp(logMean + logDeviation * z);
    price[i] = Math.min(PRICE_MAX, Math.max(1, isAtom ? nearest(atoms, free) : free));
    const u = correlation * z + rest * random.normal();
    rate[i] = random.uniform() < tailShare ? random.uniform(0.05, 0.7) : Math.exp(rateMean + rateDeviation * u);
  }
  return campaignOf(price, rate);
}

/** The bid for a click that spends a share of what all auctions would cost, in second-price auctions. */
export function perClickFor({ price, rate, meanPrice, byWorth }: Campaign, share: number): number {
  let left = share * meanPrice * price.length;
  for (const i of byWorth) {
    left -= price[i] as number;
    if (left <= 0) return (price[i] as number) / (rate[i] as number);
  }
  const last = byWorth[byWorth.length - 1] as number;
  return (price[last] as number) / (rate[last] as number);
}

const nearest = (values: readonly number[], x: number): number =>
  values.reduce((best, value) => (Math.abs(value - x) < Math.abs(best - x) ? value : best));
