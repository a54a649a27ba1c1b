// Model images for fuzzing: the sample model of the tests with other biases, calibrations and landscapes, so that rates
// from nothing to one, flat, steep and empty landscapes, slots for some exchanges or none, and price levels up to their
// bounds all occur. The features stay: making five million random
// weights anew for every book would take longer than its cases.

import { FIELD_EXCHANGE, FIELD_INTERSTITIAL } from '../../assembly/memory_map.js';
import * as layout from '../../assembly/model_layout.js';
import { featureIndex, hashNumber, hashText } from '../hash.js';
import { sampleModel } from '../testing/sample_model.js';
import { Random } from './random.js';
import { EXCHANGES } from './vocabulary.js';

let base: Uint8Array | undefined;

/** A model image; equal seeds give equal images. `unit`: currency units near one dollar, for the price grid. */
export function makeModel(seed: number, unit: number): Uint8Array {
  base ??= sampleModel(1);
  const image = base.slice();
  const random = new Random(seed);
  const view = new DataView(image.buffer);
  const f32 = (at: number, value: number): void => view.setFloat32(at, value, true);
  const f64 = (at: number, value: number): void => view.setFloat64(at, value, true);
  f32(layout.MODEL_BIAS_CTR, random.pick([-4, -1, 0, 3, -30, 30, -15.9]));
  f32(layout.MODEL_BIAS_CVR, random.pick([-3, 0, 2, -30, 30, 15.99]));
  for (let table = 0; table < 2 * layout.CALIBRATION_TABLES; table += 1)
    calibrate(random, f32, layout.MODEL_CALIBRATION + table * layout.CALIBRATION_TABLE_BYTES);
  fillGrid(random, f64, unit);
  for (let table = 0; table < layout.LANDSCAPE_TABLES; table += 1) {
    fillWins(random, f64, layout.MODEL_LANDSCAPE + layout.LANDSCAPE_WIN + table * layout.LANDSCAPE_TABLE_BYTES);
  }
  // Drawn last, so that what is above stays what it was for a seed.
  const u32 = (at: number, value: number): void => view.setUint32(at, value, true);
  for (let slot = 1; slot < layout.EXCHANGE_SLOTS; slot += 1) {
    const id = random.pick([...EXCHANGES, 'many-3', 'many-17']);
    const used = random.chance(0.8);
    u32(layout.MODEL_EXCHANGES + 4 * slot, used ? featureIndex(FIELD_EXCHANGE, hashText(id)) : layout.NO_EXCHANGE);
  }
  // Features that most requests have: alone they take the level to its bounds and beyond.
  const level = random.pick([0, 0, 0.5, -2, 7.9, 20, -20, 1000]);
  f32(levelOf(featureIndex(FIELD_INTERSTITIAL, hashNumber(0))), level);
  f32(levelOf(featureIndex(FIELD_EXCHANGE, hashText('default'))), random.pick([0, 1.5, -level]));
  if (random.chance(0.1)) for (let feature = 0; feature < layout.FEATURES; feature += 1) f32(levelOf(feature), 0);
  return image;
}

function levelOf(feature: number): number {
  return layout.MODEL_FEATURES + feature * layout.FEATURE_STRIDE + layout.FEATURE_WEIGHT_LANDSCAPE;
}

type Store = (at: number, value: number) => void;

function calibrate(random: Random, f32: Store, at: number): void {
  const style = random.int(0, 5);
  let stairs = 0;
  for (let knot = 0; knot < layout.CALIBRATION_KNOTS; knot += 1) {
    const logit = knot / layout.CALIBRATION_KNOTS_PER_LOGIT - layout.CALIBRATION_LOGIT_MAX;
    const sigmoid = 1 / (1 + Math.exp(-logit));
    if (random.chance(0.1)) stairs += (1 - stairs) * 0.2 * random.float();
    f32(at + 4 * knot, style === 0 ? sigmoid * 0.1 : style === 1 ? 0 : style === 2 ? stairs : sigmoid);
  }
}

function fillGrid(random: Random, f64: Store, unit: number): void {
  const at = layout.MODEL_LANDSCAPE + layout.LANDSCAPE_GRID;
  const style = random.int(0, 2);
  const prices = [random.pick([1, 1000, 10_000]) * unit];
  while (prices.length < layout.LANDSCAPE_PRICES) {
    const last = prices.at(-1) as number;
    const grown =
      style === 0 ? last * 1.15 : style === 1 ? last + 100_000 * unit : last * (1.001 + random.float() * 0.4);
    prices.push(grown);
  }
  const shrink = Math.min(1, 9e14 / (prices.at(-1) as number)); // a model file holds up to 1e15
  prices.forEach((price, n) => {
    f64(at + 8 * n, price * shrink);
  });
}

function fillWins(random: Random, f64: Store, at: number): void {
  const style = random.int(0, 6);
  let win = 0;
  for (let n = 0; n < layout.LANDSCAPE_PRICES; n += 1) {
    if (style <= 2) win += ((1 - win) / 20) * random.float() * 2;
    else if (style === 3)
      win = n / layout.LANDSCAPE_PRICES; // a line
    else if (style === 4)
      win = n < 20 ? 0 : 0.7; // a step, flat on both sides
    else if (style === 5)
      win = 0; // nothing is ever won
    else win = 1 - Math.exp(-n / 8);
    f64(at + 8 * n, Math.min(win, 1));
  }
}
