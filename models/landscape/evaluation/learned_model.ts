// The landscape as a model of the comparison: a trainer that goes through the log once, as a bidder would meet it, and
// what its published image says and bids.

import * as layout from '../../../assembly/model_layout.js';
import { LandscapeTrainer } from '../landscape_trainer.js';
import type { PriceObservation } from '../observation.js';
import { PublishedLandscape } from '../published_landscape.js';
import { isWon } from './baselines.js';
import type { Auction } from './price_log.js';
import type { PriceModel } from './price_model.js';

/** Micros of a log's unit. */
const UNIT = 1e6;

/** What the bidder of a log sees of an auction: won, the price, known to lie in (price, price + 1]; lost, its bid. */
export function observationOf(auction: Auction): PriceObservation {
  const { price, ownBid, features, exchangeFeature } = auction;
  const won = isWon(auction);
  return {
    features,
    exchangeFeature,
    bidMicros: ownBid * UNIT,
    outcome: won ? 'exact' : 'above',
    priceMicros: won ? (price + 0.5) * UNIT : 0,
  };
}

/** Learns a log, in its order, once. */
export function learnedTrainer(train: readonly Auction[]): LandscapeTrainer {
  const trainer = new LandscapeTrainer({ positions: train[0]?.features.length ?? 1 });
  for (const auction of train) trainer.learn(observationOf(auction));
  return trainer;
}

/** What a trainer publishes. The exchanges of the log that are met most get the slots. */
export function publishedModel(trainer: LandscapeTrainer, train: readonly Auction[]): PriceModel {
  const image = new Uint8Array(layout.MODEL_BYTES);
  const slots = slotsOf(train);
  const view = new DataView(image.buffer);
  slots.forEach((exchange, slot) => {
    view.setUint32(layout.MODEL_EXCHANGES + 4 * slot, exchange, true);
  });
  trainer.writeTo(image, slots);
  const landscape = new PublishedLandscape(image);
  return {
    name: 'landscape',
    winProbability: ({ features, exchangeFeature }, bid) =>
      landscape.winProbability(features, exchangeFeature, bid * UNIT),
    bid: ({ features, exchangeFeature }, value) => landscape.bid(features, exchangeFeature, value * UNIT) / UNIT,
  };
}

function slotsOf(train: readonly Auction[]): number[] {
  const met = new Map<number, number>();
  for (const { exchangeFeature } of train) met.set(exchangeFeature, (met.get(exchangeFeature) ?? 0) + 1);
  const often = [...met].sort((a, b) => b[1] - a[1]).map(([exchange]) => exchange);
  const slots = [layout.NO_EXCHANGE, ...often].slice(0, layout.EXCHANGE_SLOTS);
  while (slots.length < layout.EXCHANGE_SLOTS) slots.push(layout.NO_EXCHANGE);
  return slots;
}
