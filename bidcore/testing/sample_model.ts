// A model image for tests: deterministic from a seed, small finite weights, calibration that is nearly the plain
// sigmoid, and a landscape in which a higher price wins more often, at a price level of its own in each context. It
// predicts nothing; it exercises everything.

import { FIELD_EXCHANGE } from '../../assembly/memory_map.js';
import * as layout from '../../assembly/model_layout.js';
import { featureIndex, hashText } from '../hash.js';
import { writePolicy } from '../policy/policy_weights.js';
import { f32At, type ModelImage, modelNumbers } from '../reference/model.js';
import { seededRandom } from './random.js';
import { samplePolicy } from './sample_policy.js';

const FACTOR_SCALE = 0.1;
const WEIGHT_SCALE = 0.2;
/** Exchanges by slot of the tables, from slot 1 on: one stands there twice, the last slot is nobody's. */
export const SAMPLE_SLOTS: readonly string[] = [
  ...['default', 'x1', 'x2', 'x3', 'x4', 'x5', 'x6', 'x7', 'x8', 'x9', 'google', 'ix', 'openx', 'x1'],
];
/** Biases that give rates of a few percent, so that values are of the size of real ones. */
const BIAS_CTR = -4;
const BIAS_CVR = -3;
/** Grid of the landscape: from 0.01 to 100 units CPM. */
const GRID_MIN_MICROS = 10_000;
const GRID_MAX_MICROS = 100_000_000;

export function sampleModel(seed: number): ModelImage {
  const image = new Uint8Array(layout.MODEL_BYTES);
  const random = seededRandom(seed);
  const spread = (scale: number): number => (random() * 2 - 1) * scale;
  fillScalars(image);
  fillSlots(image);
  writePolicy(image, samplePolicy(seed));
  fillCalibration(image);
  fillLandscape(image, random);
  fillFeatures(image, spread);
  fillLevels(image, seededRandom(seed + 1));
  return image;
}

function fillScalars(image: ModelImage): void {
  const { f32 } = modelNumbers(image);
  f32[f32At(layout.MODEL_BIAS_CTR)] = BIAS_CTR;
  f32[f32At(layout.MODEL_BIAS_CVR)] = BIAS_CVR;
}

function fillSlots(image: ModelImage): void {
  const slots = new Uint32Array(image.buffer, layout.MODEL_EXCHANGES, layout.EXCHANGE_SLOTS).fill(layout.NO_EXCHANGE);
  SAMPLE_SLOTS.forEach((id, i) => {
    slots[i + 1] = featureIndex(FIELD_EXCHANGE, hashText(id));
  });
}

/** Weights that make price levels between a third and three times the usual. */
function fillLevels(image: ModelImage, random: () => number): void {
  const { f32 } = modelNumbers(image);
  for (let feature = 0; feature < layout.FEATURES; feature++) {
    const at = layout.MODEL_FEATURES + feature * layout.FEATURE_STRIDE + layout.FEATURE_WEIGHT_LANDSCAPE;
    f32[f32At(at)] = (random() * 2 - 1) * WEIGHT_SCALE;
  }
}

function fillCalibration(image: ModelImage): void {
  const { f32 } = modelNumbers(image);
  for (let slot = 0; slot < layout.CALIBRATION_TABLES; slot++) {
    for (let model = 0; model < 2; model++) {
      const table = f32At(
        layout.MODEL_CALIBRATION + slot * layout.CALIBRATION_SLOT_BYTES + model * layout.CALIBRATION_TABLE_BYTES,
      );
      for (let knot = 0; knot < layout.CALIBRATION_KNOTS; knot++) {
        const logit = knot / layout.CALIBRATION_KNOTS_PER_LOGIT - layout.CALIBRATION_LOGIT_MAX;
        // Slots differ a little, so that taking the wrong one shows.
        f32[table + knot] = 1 / (1 + Math.exp(-(logit + slot / 100)));
      }
    }
  }
}

function fillLandscape(image: ModelImage, random: () => number): void {
  const { f64 } = modelNumbers(image);
  const grid = (layout.MODEL_LANDSCAPE + layout.LANDSCAPE_GRID) / 8;
  const step = (GRID_MAX_MICROS / GRID_MIN_MICROS) ** (1 / (layout.LANDSCAPE_PRICES - 1));
  for (let i = 0; i < layout.LANDSCAPE_PRICES; i++) f64[grid + i] = GRID_MIN_MICROS * step ** i;
  for (let table = 0; table < layout.LANDSCAPE_TABLES; table++) {
    const win = (layout.MODEL_LANDSCAPE + layout.LANDSCAPE_WIN + table * layout.LANDSCAPE_TABLE_BYTES) / 8;
    const rises = Array.from({ length: layout.LANDSCAPE_PRICES }, () => 0.1 + random());
    const whole = rises.reduce((sum, rise) => sum + rise, 0) / 0.98;
    let probability = 0;
    rises.forEach((rise, i) => {
      probability += rise / whole;
      f64[win + i] = probability;
    });
  }
}

function fillFeatures(image: ModelImage, spread: (scale: number) => number): void {
  const { f32 } = modelNumbers(image);
  for (let feature = 0; feature < layout.FEATURES; feature++) {
    const record = f32At(layout.MODEL_FEATURES + feature * layout.FEATURE_STRIDE);
    for (let j = 0; j < 2 * layout.FACTORS; j++) f32[record + j] = spread(FACTOR_SCALE);
    f32[record + f32At(layout.FEATURE_WEIGHT_CTR)] = spread(WEIGHT_SCALE);
    f32[record + f32At(layout.FEATURE_WEIGHT_CVR)] = spread(WEIGHT_SCALE);
  }
}
