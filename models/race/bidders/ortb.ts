// ORTB1 of Zhang, Yuan and Wang, "Optimal real-time bidding for display advertising" (KDD 2014), section 3.3: with
// chances to win of b / (c + b), the most clicks of a budget are won by
//
//   bid(rate) = sqrt(c / λ × rate + c²) − c
//
// c is fitted to the training log's share of auctions won at each bid, by least squares; λ spends the budget there.

import { bestFactor } from '../bounds.js';
import { entrant, type Training } from '../entrant.js';
import { StaticBidder } from './static.js';

/** Bids at which the curve is fitted. */
const POINTS = 100;
const C_RANGE = [1e-3, 10] as const;
const C_STEPS = 400;
const LAMBDA_RANGE = [1e-4, 1e4] as const;

/** @param lambda of the unit 1 / price: as in the paper */
export function ortbBid(rate: number, c: number, lambda: number): number {
  return Math.sqrt((c / lambda) * rate + c * c) - c;
}

/** The c whose b / (c + b) is next to the shares won. */
export function fitWinCurve(price: Float64Array): number {
  const sorted = price.slice().sort();
  const highest = sorted.at(-1) as number;
  const points = Array.from({ length: POINTS }, (_, n) => ((n + 1) * highest) / POINTS);
  let at = 0;
  const shares = points.map((bid) => {
    while (at < sorted.length && (sorted[at] as number) <= bid) at++;
    return at / sorted.length;
  });
  let best = { c: 0, error: Number.POSITIVE_INFINITY };
  for (let n = 0; n <= C_STEPS; n++) {
    const c = highest * C_RANGE[0] * (C_RANGE[1] / C_RANGE[0]) ** (n / C_STEPS);
    const error = points.reduce((sum, bid, i) => sum + (bid / (c + bid) - (shares[i] as number)) ** 2, 0);
    if (error < best.error) best = { c, error };
  }
  return best.c;
}

export const ORTB = entrant({
  about: 'bid = sqrt(c / lambda x rate + c^2) - c, both fitted to the training log (Zhang et al., KDD 2014)',
  tune: ({ market, past }: Training) => {
    const c = fitWinCurve(past.day.price);
    const rates = past.day.rate.reduce((sum, each) => sum + each, 0) / past.day.rate.length;
    const middle = rates / c;
    const lambda = bestFactor(
      { ...past, rule: market.rule },
      [middle * LAMBDA_RANGE[0], middle * LAMBDA_RANGE[1]],
      (each) => new StaticBidder((rate) => Math.min(market.bidMax, ortbBid(rate, c, each))),
      (result) => market.goal(result),
    );
    return { c, lambda };
  },
  enter: ({ market: { bidMax }, tuned: { c, lambda }, deviation }) => {
    const started = lambda / (1 + deviation); // what bids are made from is 1 / λ
    return new StaticBidder((rate) => Math.min(bidMax, ortbBid(rate, c, started)));
  },
});
