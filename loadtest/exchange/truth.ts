// What is true of a world and no bidder knows: click rates, conversion rates and price levels of every context and ad.
//
// The truth is a model image of Gavel's own (assembly/model_layout.ts): a factorization machine over hashed features
// (Rendle 2010; docs/decisions.md section 4) and a price level, `exp(sum of the landscape weights)` (docs/learning.md
// section 2). So a bidder that loads it predicts exactly what is true, and the distance to it is what learning has left
// to gain. Where two values share a feature by their hash, they share it in truth as well.

import * as map from '../../assembly/memory_map.js';
import * as l from '../../assembly/model_layout.js';
import { mixSeeds } from '../../bidcore/fuzz/random.js';
import { featureIndex, hashNumber, hashText } from '../../bidcore/hash.js';
import { lower } from '../../bidcore/vocabulary.js';
import { Chance } from './chance.js';

/** How much a field matters: standard deviations of its values' weights and of each of their factors. */
interface Effect {
  readonly ctr: number;
  readonly cvr: number;
  readonly price: number;
  /** Of both models: pairs of features with factors interact, such as a category and a domain. */
  readonly factor: number;
}

const NO_EFFECT: Effect = { ctr: 0, cvr: 0, price: 0, factor: 0 };

const EFFECTS: Readonly<Record<number, Effect>> = {
  [map.FIELD_EXCHANGE]: { ctr: 0.14, cvr: 0.05, price: 0, factor: 0 },
  [map.FIELD_INVENTORY]: { ctr: 0.12, cvr: 0.1, price: 0.04, factor: 0 },
  [map.FIELD_DOMAIN]: { ctr: 0.6, cvr: 0.3, price: 0.12, factor: 0.2 },
  [map.FIELD_BUNDLE]: { ctr: 0.6, cvr: 0.3, price: 0.12, factor: 0.2 },
  [map.FIELD_PUBLISHER]: { ctr: 0.36, cvr: 0.2, price: 0.1, factor: 0 },
  [map.FIELD_CATEGORY]: { ctr: 0.3, cvr: 0.25, price: 0.06, factor: 0.25 },
  [map.FIELD_COUNTRY]: { ctr: 0.18, cvr: 0.15, price: 0.1, factor: 0 },
  [map.FIELD_REGION]: { ctr: 0.07, cvr: 0.06, price: 0.02, factor: 0 },
  [map.FIELD_CITY]: { ctr: 0.05, cvr: 0.04, price: 0, factor: 0 },
  [map.FIELD_DEVICE_TYPE]: { ctr: 0.36, cvr: 0.3, price: 0.08, factor: 0.15 },
  [map.FIELD_OS]: { ctr: 0.14, cvr: 0.15, price: 0.06, factor: 0 },
  [map.FIELD_LANGUAGE]: { ctr: 0.07, cvr: 0.06, price: 0, factor: 0 },
  [map.FIELD_CONNECTION]: { ctr: 0.12, cvr: 0.1, price: 0, factor: 0 },
  [map.FIELD_CARRIER]: { ctr: 0.06, cvr: 0.05, price: 0, factor: 0 },
  [map.FIELD_HOUR]: { ctr: 0.12, cvr: 0.1, price: 0.04, factor: 0 },
  [map.FIELD_WEEKDAY]: { ctr: 0.07, cvr: 0.06, price: 0.02, factor: 0 },
  [map.FIELD_SLOT_SIZE]: { ctr: 0.42, cvr: 0.1, price: 0.1, factor: 0.15 },
  [map.FIELD_TAG]: { ctr: 0.3, cvr: 0.1, price: 0.04, factor: 0 },
  [map.FIELD_POSITION]: { ctr: 0.36, cvr: 0.1, price: 0.08, factor: 0 },
  [map.FIELD_INTERSTITIAL]: { ctr: 0.24, cvr: 0.1, price: 0.04, factor: 0 },
  [map.FIELD_CAMPAIGN]: { ctr: 0.24, cvr: 0.25, price: 0, factor: 0.2 },
  [map.FIELD_AD_GROUP]: { ctr: 0.06, cvr: 0.05, price: 0, factor: 0 },
  [map.FIELD_CREATIVE]: { ctr: 0.36, cvr: 0.1, price: 0, factor: 0.2 },
  [map.FIELD_ADVERTISER]: { ctr: 0.18, cvr: 0.2, price: 0, factor: 0 },
  [map.FIELD_CREATIVE_SIZE]: { ctr: 0.12, cvr: 0.05, price: 0, factor: 0 },
  [map.FIELD_CREATIVE_CATEGORY]: { ctr: 0.18, cvr: 0.2, price: 0, factor: 0.3 },
  [map.FIELD_CREATIVE_TYPE]: { ctr: 0.18, cvr: 0.1, price: 0, factor: 0 },
};

/** Of the price weight, so much is the click weight's: rivals pay for clicks too. */
const PRICE_FOLLOWS_CLICKS = 0.25;

/** What a part of a context (a place, a person, a slot, an exchange, a time) or an ad adds to the sums. */
export interface Part {
  /** Indices of its features, in no order that matters. */
  readonly features: readonly number[];
  /** Factor sums of CTR, then of CVR. */
  readonly factors: Float64Array;
  /** Sums of squared factors and of weights. */
  readonly squaresCtr: number;
  readonly squaresCvr: number;
  readonly weightCtr: number;
  readonly weightCvr: number;
  /** Adds to the logarithm of the price level. */
  readonly price: number;
}

export interface Rates {
  readonly ctr: number;
  readonly cvr: number;
}

export class Truth {
  /** MODEL_BYTES. Whoever makes the world fills in what is not features. */
  readonly image = new Uint8Array(l.MODEL_BYTES);
  readonly #f32 = new Float32Array(this.image.buffer);
  readonly #known = new Set<number>();
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Index of a text's feature; the first of its index gives it its weights. Undefined is an absent value. */
  text(field: number, value: string | undefined): number {
    return this.#feature(field, value === undefined ? 0n : hashText(value));
  }

  /** The same of a text that is compared in lower case. */
  lowerText(field: number, value: string | undefined): number {
    return this.text(field, value === undefined ? undefined : lower(value));
  }

  number(field: number, value: number | undefined): number {
    return this.#feature(field, value === undefined ? 0n : hashNumber(value));
  }

  /** The index of a feature that has been hashed elsewhere. */
  known(field: number, index: number): number {
    if (this.#known.has(index)) return index;
    this.#known.add(index);
    const effect = EFFECTS[field] ?? NO_EFFECT;
    const chance = new Chance(mixSeeds(this.#seed, index));
    const at = (l.MODEL_FEATURES + index * l.FEATURE_STRIDE) / 4;
    const [click, conversion, price] = [chance.normal(), chance.normal(), chance.normal()];
    this.#f32[at + l.FEATURE_WEIGHT_CTR / 4] = click * effect.ctr;
    this.#f32[at + l.FEATURE_WEIGHT_CVR / 4] = conversion * effect.cvr;
    const own = Math.sqrt(1 - PRICE_FOLLOWS_CLICKS ** 2);
    const level = (own * price + PRICE_FOLLOWS_CLICKS * click) * effect.price;
    this.#f32[at + l.FEATURE_WEIGHT_LANDSCAPE / 4] = level;
    for (let j = 0; j < 2 * l.FACTORS; j++) this.#f32[at + j] = chance.normal() * effect.factor;
    return index;
  }

  /** An absent value weighs nothing, unless it shares its index with one that does. */
  #feature(field: number, hash: bigint): number {
    const index = featureIndex(field, hash);
    return hash === 0n ? index : this.known(field, index);
  }

  /** Sums of features. Only when all features of the world have their weights: one that comes later may share one. */
  part(features: readonly number[]): Part {
    const factors = new Float64Array(2 * l.FACTORS);
    let [squaresCtr, squaresCvr, weightCtr, weightCvr, price] = [0, 0, 0, 0, 0];
    for (const index of features) {
      const at = (l.MODEL_FEATURES + index * l.FEATURE_STRIDE) / 4;
      for (let j = 0; j < 2 * l.FACTORS; j++) {
        const v = this.#f32[at + j] as number;
        factors[j] = (factors[j] as number) + v;
        if (j < l.FACTORS) squaresCtr += v * v;
        else squaresCvr += v * v;
      }
      weightCtr += this.#f32[at + l.FEATURE_WEIGHT_CTR / 4] as number;
      weightCvr += this.#f32[at + l.FEATURE_WEIGHT_CVR / 4] as number;
      price += this.#f32[at + l.FEATURE_WEIGHT_LANDSCAPE / 4] as number;
    }
    return { features, factors, squaresCtr, squaresCvr, weightCtr, weightCvr, price };
  }

  get biasCtr(): number {
    return this.#f32[l.MODEL_BIAS_CTR / 4] as number;
  }

  set biasCtr(bias: number) {
    this.#f32[l.MODEL_BIAS_CTR / 4] = bias;
  }

  get biasCvr(): number {
    return this.#f32[l.MODEL_BIAS_CVR / 4] as number;
  }

  set biasCvr(bias: number) {
    this.#f32[l.MODEL_BIAS_CVR / 4] = bias;
  }

  /** Click rate of an impression, and conversion rate of a click on it. Context and ad make one set of features. */
  rates(context: readonly Part[], ad: Part): Rates {
    let ctr = this.biasCtr + ad.weightCtr;
    let cvr = this.biasCvr + ad.weightCvr;
    let squares = ad.squaresCtr;
    let squaresCvr = ad.squaresCvr;
    for (const part of context) {
      ctr += part.weightCtr;
      cvr += part.weightCvr;
      squares += part.squaresCtr;
      squaresCvr += part.squaresCvr;
    }
    let [pairs, pairsCvr] = [-squares, -squaresCvr];
    for (let j = 0; j < 2 * l.FACTORS; j++) {
      let sum = ad.factors[j] as number;
      for (const part of context) sum += part.factors[j] as number;
      if (j < l.FACTORS) pairs += sum * sum;
      else pairsCvr += sum * sum;
    }
    return { ctr: rateAt(ctr + pairs / 2), cvr: rateAt(cvr + pairsCvr / 2) };
  }
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** What the calibration tables of the truth say: the logistic function, as straight lines between their knots. */
export const CALIBRATION: Float32Array = Float32Array.from({ length: l.CALIBRATION_KNOTS }, (_, knot) =>
  sigmoid(knot / l.CALIBRATION_KNOTS_PER_LOGIT - l.CALIBRATION_LOGIT_MAX),
);

function rateAt(logit: number): number {
  const limit = l.CALIBRATION_LOGIT_MAX;
  const x = (Math.min(Math.max(logit, -limit), limit) + limit) * l.CALIBRATION_KNOTS_PER_LOGIT;
  const i = Math.min(Math.floor(x), l.CALIBRATION_KNOTS - 2);
  const left = CALIBRATION[i] as number;
  return left + (x - i) * ((CALIBRATION[i + 1] as number) - left);
}

/** Logarithm of the price level of a context, limited as the bidder limits it. */
export function priceLevel(context: readonly Part[]): number {
  let sum = 0;
  for (const part of context) sum += part.price;
  return Math.min(Math.max(sum, -8), 8);
}
