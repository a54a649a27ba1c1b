// The model files of an experiment: the oracle's, which knows the truth of a world, one that knows it about as well as
// training finds it out, and the cold one, which knows its averages and nothing else. A bidder reads them like any
// other.

import * as l from '../../assembly/model_layout.js';
import { mixSeeds } from '../../bidcore/fuzz/random.js';
import { writeModelFile } from '../../bidcore/model_file.js';
import { type PolicyWeights, writePolicy, zeroPolicy } from '../../bidcore/policy/policy_weights.js';
import { seedModel } from '../../models/seed_model.js';
import { Chance } from './chance.js';
import { CALIBRATION } from './truth.js';
import type { World } from './world.js';

/** Versions, so that a look at a token tells which one bid; what a trainer makes comes behind the cold one's. */
const COLD_VERSION = 1;
const TRAINED_VERSION = 2;
export const ORACLE_VERSION = 4_000_000_000;

/**
 * The model file that predicts exactly what is true in a world: latent click and conversion rates, and of first-price
 * auctions the distribution of the highest rival, by exchange and context.
 */
export function oracleModel(world: World): Uint8Array {
  const image = world.truth.image.slice();
  writeTables(image, world, true);
  return writeModelFile(image, ORACLE_VERSION, 0);
}

/** Of a trained model's weights: how far off each is, as a share of its size. */
const ERROR = 0.3;

/**
 * A model as training leaves it: each weight of the rates is off by a few tenths of what it is, price curves are those
 * of the exchanges when nothing drifts. With a policy, or the zero policy, which says 1.
 */
export function trainedModel(world: World, policy: PolicyWeights = zeroPolicy()): Uint8Array {
  const image = world.truth.image.slice();
  const f32 = new Float32Array(image.buffer);
  const chance = new Chance(mixSeeds(world.seed, 5));
  for (let index = 0; index < l.FEATURES; index++) {
    const at = (l.MODEL_FEATURES + index * l.FEATURE_STRIDE) / 4;
    for (const offset of [l.FEATURE_WEIGHT_CTR, l.FEATURE_WEIGHT_CVR]) {
      const weight = f32[at + offset / 4] as number;
      if (weight !== 0) f32[at + offset / 4] = weight * (1 + ERROR * chance.normal());
    }
  }
  writeTables(image, world, true);
  writePolicy(image, policy);
  return writeModelFile(image, TRAINED_VERSION, 0);
}

/**
 * The model of a bidder that has learned nothing: random small weights (models/seed_model.ts) around the world's
 * average rates, and one price curve for all exchanges and contexts. With the averages, because a model that takes all
 * rates for a fifth of what they are bids next to nothing, and what it then wins is cheap for the wrong reason.
 */
export function coldModel(world: World): Uint8Array {
  const image = seedModel(world.seed);
  const f32 = new Float32Array(image.buffer);
  f32[l.MODEL_BIAS_CTR / 4] = logit(world.meanCtr);
  f32[l.MODEL_BIAS_CVR / 4] = logit(world.meanCvr);
  writeTables(image, world, false);
  return writeModelFile(image, COLD_VERSION, 0);
}

const logit = (p: number): number => Math.log(p / (1 - p));

/** Policy (a multiplier of 1), calibration (none), price curves. */
function writeTables(image: Uint8Array, world: World, bySlot: boolean): void {
  const f32 = new Float32Array(image.buffer);
  const f64 = new Float64Array(image.buffer);
  writePolicy(image, zeroPolicy());
  for (let table = 0; table < 2 * l.CALIBRATION_TABLES; table++) {
    f32.set(CALIBRATION, (l.MODEL_CALIBRATION + table * l.CALIBRATION_TABLE_BYTES) / 4);
  }
  // Slot s is that of the exchange at position s of the book: slot 0 is `default` and everybody else.
  const slots = new Uint32Array(image.buffer, l.MODEL_EXCHANGES, l.EXCHANGE_SLOTS).fill(l.NO_EXCHANGE);
  const grid = world.priceGrid;
  f64.set(grid, (l.MODEL_LANDSCAPE + l.LANDSCAPE_GRID) / 8);
  for (let slot = 0; slot < l.LANDSCAPE_TABLES; slot++) {
    const venue = bySlot ? world.venues.find(({ index }) => index === slot) : undefined;
    if (venue !== undefined && slot > 0) slots[slot] = venue.feature;
    const table = grid.map((price) => (venue ?? world.averageVenue).winProbability(price));
    f64.set(table, (l.MODEL_LANDSCAPE + l.LANDSCAPE_WIN + slot * l.LANDSCAPE_TABLE_BYTES) / 8);
  }
}
