// The first model of a new bidder, made from a seed: before anything was learned, rates are those of a plain display
// campaign, features move them a little, the win probability rises with the price, and the policy says 1 to everything.
// The trainer replaces it.
//
//   npm run model -- --seed 1 --out model.bin [--version 1]

import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import * as l from '../assembly/model_layout.js';
import { writeModelFile } from '../bidcore/model_file.js';
import { writePolicy, zeroPolicy } from '../bidcore/policy/policy_weights.js';

/** Rates of a display ad that nothing is known about: clicks of impressions, conversions of clicks. */
const CLICK_RATE = 0.004;
const CONVERSION_RATE = 0.03;
/** Spread of a feature's weight and of its factors. */
const WEIGHT_DEVIATION = 0.06;
const FACTOR_DEVIATION = 0.03;
/** Models of format 2 had a policy made of them: a seed goes on standing for the same predictions. */
const DRAWS_PASSED_OVER = 4536;
/** Landscape: lowest and highest grid price and the median price to win, CPM micros. */
const PRICE_LOW = 10_000;
const PRICE_HIGH = 100_000_000;
const PRICE_MEDIAN = 1_000_000;

/** A stream of numbers from a seed (SplitMix-like on 32 bits): uniform in (0, 1) and normal. */
function randomStream(seed: number): { uniform(): number; normal(): number } {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (((z ^ (z >>> 15)) >>> 0) + 0.5) / 4294967296;
  };
  // Box and Muller.
  const normal = (): number => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  return { uniform, normal };
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const logit = (p: number): number => Math.log(p / (1 - p));

/** The image of a model (MODEL_BYTES) from a seed; the same seed gives the same bytes. */
export function seedModel(seed: number): Uint8Array {
  const image = new Uint8Array(l.MODEL_BYTES);
  const f32 = new Float32Array(image.buffer);
  const f64 = new Float64Array(image.buffer);
  const random = randomStream(seed);
  f32[l.MODEL_BIAS_CTR / 4] = logit(CLICK_RATE);
  f32[l.MODEL_BIAS_CVR / 4] = logit(CONVERSION_RATE);
  new Uint32Array(image.buffer, l.MODEL_EXCHANGES, l.EXCHANGE_SLOTS).fill(l.NO_EXCHANGE);
  writePolicy(image, zeroPolicy());
  for (let n = 0; n < DRAWS_PASSED_OVER; n++) random.normal();
  for (let table = 0; table < l.CALIBRATION_TABLES * 2; table++) {
    const at = (l.MODEL_CALIBRATION + table * l.CALIBRATION_TABLE_BYTES) / 4;
    for (let knot = 0; knot < l.CALIBRATION_KNOTS; knot++) {
      f32[at + knot] = sigmoid(knot / l.CALIBRATION_KNOTS_PER_LOGIT - l.CALIBRATION_LOGIT_MAX);
    }
  }
  const grid = (l.MODEL_LANDSCAPE + l.LANDSCAPE_GRID) / 8;
  const ratio = (PRICE_HIGH / PRICE_LOW) ** (1 / (l.LANDSCAPE_PRICES - 1));
  for (let i = 0; i < l.LANDSCAPE_PRICES; i++) {
    const price = Math.round(PRICE_LOW * ratio ** i);
    f64[grid + i] = price;
    for (let table = 0; table < l.LANDSCAPE_TABLES; table++) {
      const at = (l.MODEL_LANDSCAPE + l.LANDSCAPE_WIN + table * l.LANDSCAPE_TABLE_BYTES) / 8;
      f64[at + i] = price / (price + PRICE_MEDIAN);
    }
  }
  for (let feature = 0; feature < l.FEATURES; feature++) {
    const at = (l.MODEL_FEATURES + feature * l.FEATURE_STRIDE) / 4;
    for (let factor = 0; factor < 2 * l.FACTORS; factor++) f32[at + factor] = random.normal() * FACTOR_DEVIATION;
    f32[at + l.FEATURE_WEIGHT_CTR / 4] = random.normal() * WEIGHT_DEVIATION;
    f32[at + l.FEATURE_WEIGHT_CVR / 4] = random.normal() * WEIGHT_DEVIATION;
  }
  return image;
}

function main(): void {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      version: { type: 'string', default: '1' },
      out: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const seed = Number(values.seed);
  const version = Number(values.version);
  const usable = Number.isInteger(seed) && Number.isInteger(version) && version >= 1 && version < 2 ** 32;
  if (values.help || values.out === undefined || !usable) {
    console.error('usage: npm run model -- --out FILE [--seed INTEGER] [--version 1 to 4294967295]');
    console.error('Writes the model a new bidder starts with. The same seed gives the same model.');
    process.exitCode = values.help ? 0 : 2;
    return;
  }
  writeFileSync(values.out, writeModelFile(seedModel(seed), version, Date.now()));
  console.error(`wrote model version ${version} (seed ${seed}) to ${values.out}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main();
