// What the landscape is compared with. All see of the training log what a bidder sees: the price of an auction won, of
// the others that it was no less than the own bid. None knows the context, but the one that has a curve an exchange.

import { normalDistribution, normalHazard } from './normal.js';
import type { Auction } from './price_log.js';
import { bestBid, type PriceModel, wholePriceModel } from './price_model.js';

/** Whether the bidder of a log sees an auction's price: it wins if its bid is above it. */
export const isWon = ({ price, ownBid }: Auction): boolean => price < ownBid;

/** The prices of auctions won, as if there were no others. @param prices number of whole prices, from 0 */
export function wonHistogram(train: readonly Auction[], prices: number): PriceModel {
  const won = train.filter(isWon);
  const mass = new Float64Array(prices);
  for (const { price } of won) mass[price] = (mass[price] as number) + 1 / won.length;
  return wholePriceModel('won_histogram', () => mass);
}

/** Kaplan and Meier's estimate (JASA 53, 1958): one curve for all. */
export function kaplanMeier(train: readonly Auction[], prices: number): PriceModel {
  const mass = productLimitMass(train, prices);
  return wholePriceModel('kaplan_meier', () => mass);
}

/** The same, with a curve for each exchange. */
export function kaplanMeierByExchange(train: readonly Auction[], prices: number): PriceModel {
  const all = productLimitMass(train, prices);
  const byExchange = new Map<number, Auction[]>();
  for (const auction of train) {
    const own = byExchange.get(auction.exchangeFeature);
    if (own === undefined) byExchange.set(auction.exchangeFeature, [auction]);
    else own.push(auction);
  }
  const masses = new Map([...byExchange].map(([exchange, own]) => [exchange, productLimitMass(own, prices)]));
  return wholePriceModel('kaplan_meier_exchange', ({ exchangeFeature }) => masses.get(exchangeFeature) ?? all);
}

/**
 * Mass of each whole price. Nothing is known above the highest bid; what is left there is spread evenly over the rest
 * of the prices, which is kind to the estimate: it is told where prices end.
 */
function productLimitMass(train: readonly Auction[], prices: number): Float64Array {
  const seen = new Float64Array(prices);
  const lostAt = new Float64Array(prices + 1);
  let last = 0;
  for (const auction of train) {
    // A lost bid was at risk at every price below it.
    const lost = Math.min(Math.ceil(auction.ownBid), prices);
    if (isWon(auction)) seen[auction.price] = (seen[auction.price] as number) + 1;
    else lostAt[lost] = (lostAt[lost] as number) + 1;
    last = Math.max(last, lost);
  }
  const mass = new Float64Array(prices);
  let atRisk = train.length;
  let survival = 1;
  for (let price = 0; price < last; price++) {
    atRisk -= lostAt[price] as number;
    const events = seen[price] as number;
    const share = atRisk > 0 ? (survival * events) / atRisk : 0;
    mass[price] = share;
    survival -= share;
    atRisk -= events;
  }
  for (let price = last; price < prices; price++) mass[price] = survival / (prices - last);
  return mass;
}

const ROUNDS = 500;
const SETTLED = 1e-6;

/** A log-normal price, fitted by maximum likelihood with censoring (the EM algorithm of a censored normal). */
export function logNormal(train: readonly Auction[]): PriceModel {
  const seen = train.filter(isWon).map(({ price }) => Math.log(price + 0.5));
  const bounds = train.filter((auction) => !isWon(auction)).map(({ ownBid }) => Math.log(Math.max(ownBid, 0.5)));
  let mean = seen.reduce((sum, x) => sum + x, 0) / Math.max(seen.length, 1);
  let deviation = 1;
  for (let round = 0; round < ROUNDS; round++) {
    let first = 0;
    let second = 0;
    for (const x of seen) {
      first += x;
      second += x * x;
    }
    for (const bound of bounds) {
      // Mean and mean square of a normal above a bound.
      const hazard = normalHazard((bound - mean) / deviation);
      first += mean + deviation * hazard;
      second += mean * mean + deviation * deviation + deviation * hazard * (bound + mean);
    }
    const nextMean = first / train.length;
    const nextDeviation = Math.sqrt(Math.max(second / train.length - nextMean * nextMean, 1e-6));
    const moved = Math.abs(nextMean - mean) + Math.abs(nextDeviation - deviation);
    mean = nextMean;
    deviation = nextDeviation;
    if (moved < SETTLED) break;
  }
  const winProbability = (bid: number): number =>
    bid > 0 ? normalDistribution((Math.log(bid) - mean) / deviation) : 0;
  return {
    name: 'log_normal',
    winProbability: (_, bid) => winProbability(bid),
    bid: (_, value) => bestBid(value, winProbability),
  };
}
