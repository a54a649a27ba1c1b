// A log of auctions of a synthetic market (testing/synthetic_market.ts) in the shape of the real ones: whole prices,
// own bids that lose seven in ten. All logs are of one market, whatever their seed.

import { Draws } from '../../../bidcore/testing/draws.js';
import { SyntheticMarket } from '../testing/synthetic_market.js';
import type { Auction } from './price_log.js';

const MARKET = 11;
/** Own bids: mean and deviation of the logarithm around the market's level. */
const BIDS = { bidMean: -0.25, bidDeviation: 0.5 };
/** Micros of the log's unit: prices are some tens. */
const UNIT = 40_000;

export function syntheticLog(auctions: number, seed: number): Auction[] {
  const market = new SyntheticMarket({ seed: MARKET, traffic: seed, ...BIDS });
  const draws = new Draws(seed + 1000);
  return Array.from({ length: auctions }, () => {
    const { features, priceMicros, exchangeFeature } = market.observation('always');
    const ownBid = Math.ceil((2e6 * Math.exp(BIDS.bidMean + BIDS.bidDeviation * draws.normal())) / UNIT);
    return { price: Math.floor(priceMicros / UNIT), ownBid, features, exchangeFeature };
  });
}
