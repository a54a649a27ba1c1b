// Click and conversion rates: docs/decisions.md section 4. A factorization machine (Rendle 2010) over hashed features,
// then calibration. All in 32-bit floats, each operation rounded on its own and in the page's order, so that the result
// has the bits of the module's: Float32Array rounds what is stored in it, Math.fround everything else.

import * as map from '../../assembly/memory_map.js';
import * as layout from '../../assembly/model_layout.js';
import type { Ad, Book } from '../book.js';
import { FORMATS, sizeOf } from '../creative_file.js';
import { featureIndex, hashNumber, hashText } from '../hash.js';
import { lower, wellFormed } from '../vocabulary.js';
import { exchangeSlot, f32At, type ModelImage, modelNumbers } from './model.js';
import { remember } from './remember.js';
import { isSize, type NormalImp, type NormalRequest, type Sides } from './request.js';
import type { Situation } from './situation.js';
import { exchangeId, utcHourAndWeekday } from './targeting.js';

const { fround } = Math;
const { FACTORS } = layout;

export interface Prediction {
  readonly ctr: number;
  readonly cvr: number;
}

/** What the features of one side, an ad or a context, sum up to for one of the two models. */
interface Score {
  /** Sum of the factors. */
  readonly factors: Float32Array;
  /** Weights and pairs within the side; for a context the model's bias too. */
  readonly own: number;
}

export interface Scores {
  readonly ctr: Score;
  readonly cvr: Score;
}

const ABSENT = 0n;
const textHash = (text: string | undefined): bigint => (text === undefined ? ABSENT : hashText(text));
const numberHash = (n: number | undefined): bigint => (n === undefined ? ABSENT : hashNumber(n));

/** Indices of the context features: those of the request, then those of the impression. */
export function contextFeatures(request: NormalRequest, imp: NormalImp, situation: Situation): number[] {
  const { inventory } = request;
  const { hour, weekday } = utcHourAndWeekday(situation.nowUs);
  const kind = inventory && { site: 1, app: 2, dooh: 3 }[inventory.kind];
  return [
    featureIndex(map.FIELD_EXCHANGE, textHash(exchangeId(situation))),
    featureIndex(map.FIELD_INVENTORY, numberHash(kind)),
    featureIndex(map.FIELD_DOMAIN, textHash(inventory?.domain)),
    featureIndex(map.FIELD_BUNDLE, textHash(inventory?.bundle)),
    featureIndex(map.FIELD_PUBLISHER, textHash(inventory?.publisher)),
    featureIndex(map.FIELD_CATEGORY, textHash(inventory?.categories[0])),
    featureIndex(map.FIELD_COUNTRY, textHash(request.country)),
    featureIndex(map.FIELD_REGION, textHash(request.region)),
    featureIndex(map.FIELD_CITY, textHash(request.city)),
    featureIndex(map.FIELD_DEVICE_TYPE, numberHash(request.deviceType)),
    featureIndex(map.FIELD_OS, textHash(request.os)),
    featureIndex(map.FIELD_LANGUAGE, textHash(request.language)),
    featureIndex(map.FIELD_CONNECTION, numberHash(request.connectionType)),
    featureIndex(map.FIELD_CARRIER, textHash(request.carrier)),
    featureIndex(map.FIELD_HOUR, numberHash(hour)),
    featureIndex(map.FIELD_WEEKDAY, numberHash(weekday)),
    featureIndex(map.FIELD_SLOT_SIZE, numberHash(slotSize(imp))),
    featureIndex(map.FIELD_TAG, textHash(imp.tagid)),
    featureIndex(map.FIELD_POSITION, numberHash(imp.banner?.pos ?? imp.video?.pos)),
    featureIndex(map.FIELD_INTERSTITIAL, numberHash(imp.interstitial ? 1 : 0)),
  ];
}

/** Width and height in one number: of the first format that gives both, else of the banner, else of the video. */
function slotSize({ banner, video }: NormalImp): number | undefined {
  const known: (Sides | undefined)[] = [...(banner?.formats ?? []), banner, video];
  const size = known.find((sides) => sides !== undefined && isSize(sides));
  return size && (size.w as number) * 65_536 + (size.h as number);
}

/** Indices of an ad's features. */
export function adFeatures({ campaign, adGroup, creative }: Ad): number[] {
  const first = (values: readonly string[]): string | undefined =>
    values[0] === undefined ? undefined : lower(wellFormed(values[0]));
  return [
    featureIndex(map.FIELD_CAMPAIGN, textHash(campaign.id)),
    featureIndex(map.FIELD_AD_GROUP, textHash(adGroup.id)),
    featureIndex(map.FIELD_CREATIVE, textHash(creative.id)),
    featureIndex(map.FIELD_ADVERTISER, textHash(first(creative.advertiser_domains))),
    featureIndex(map.FIELD_CREATIVE_SIZE, numberHash(sizeOf(creative))),
    featureIndex(map.FIELD_CREATIVE_CATEGORY, textHash(first(creative.categories))),
    featureIndex(map.FIELD_CREATIVE_TYPE, numberHash(FORMATS.indexOf(creative.type) + 1)),
  ];
}

/** A context as the model sees it. */
export interface ContextScores extends Scores {
  readonly features: readonly number[];
  /** Slot of its exchange in the model's tables. */
  readonly slot: number;
}

/** Sums of a context, with the models' biases. */
export function contextScores(image: ModelImage, features: readonly number[]): ContextScores {
  const { f32 } = modelNumbers(image);
  return {
    features,
    slot: exchangeSlot(image, features[0] as number),
    ctr: score(f32, features, layout.FEATURE_FACTORS_CTR, layout.FEATURE_WEIGHT_CTR, f32[f32At(layout.MODEL_BIAS_CTR)]),
    cvr: score(f32, features, layout.FEATURE_FACTORS_CVR, layout.FEATURE_WEIGHT_CVR, f32[f32At(layout.MODEL_BIAS_CVR)]),
  };
}

function adScores(f32: Float32Array, features: readonly number[]): Scores {
  return {
    ctr: score(f32, features, layout.FEATURE_FACTORS_CTR, layout.FEATURE_WEIGHT_CTR),
    cvr: score(f32, features, layout.FEATURE_FACTORS_CVR, layout.FEATURE_WEIGHT_CVR),
  };
}

function score(
  f32: Float32Array,
  features: readonly number[],
  factorsAt: number,
  weightAt: number,
  bias?: number,
): Score {
  const sum = new Float32Array(FACTORS);
  const squares = new Float32Array(FACTORS);
  let linear = 0;
  for (const feature of features) {
    const record = layout.MODEL_FEATURES + feature * layout.FEATURE_STRIDE;
    for (let j = 0; j < FACTORS; j++) {
      const v = f32[f32At(record + factorsAt) + j] as number;
      sum[j] = (sum[j] as number) + v;
      squares[j] = (squares[j] as number) + fround(v * v);
    }
    linear = fround(linear + (f32[f32At(record + weightAt)] as number));
  }
  const excess = sum.map((s, j) => fround(s * s) - (squares[j] as number));
  const pairs = fround(0.5 * laneSum(excess));
  return { factors: sum, own: fround((bias === undefined ? linear : fround(bias + linear)) + pairs) };
}

/** Sum of eight factors in the order of a four-lane machine. */
function laneSum(x: Float32Array): number {
  const lane = (j: number): number => fround((x[j] as number) + (x[j + 4] as number));
  return fround(fround(lane(0) + lane(1)) + fround(lane(2) + lane(3)));
}

const scoresByBook = new WeakMap<Book, WeakMap<ModelImage, Map<Ad, Scores>>>();

/** Sums of an ad under a model, kept as long as the book and the model live. */
function scoresOfAd(book: Book, image: ModelImage, ad: Ad): Scores {
  const byModel = remember(scoresByBook, book, () => new WeakMap<ModelImage, Map<Ad, Scores>>());
  const byAd = remember(byModel, image, () => new Map<Ad, Scores>());
  return remember(byAd, ad, () => adScores(modelNumbers(image).f32, adFeatures(ad)));
}

/** Rates of an ad in a context, calibrated for the exchange. */
export function predict(context: ContextScores, ad: Ad, { book, model }: Situation): Prediction {
  return ratesOf(model, context, scoresOfAd(book, model, ad));
}

/** Rates by the features of a bid alone: those of its context, then those of its ad. */
export function predictFeatures(model: ModelImage, context: readonly number[], ad: readonly number[]): Prediction {
  return ratesOf(model, contextScores(model, context), adScores(modelNumbers(model).f32, ad));
}

function ratesOf(model: ModelImage, context: ContextScores, scores: Scores): Prediction {
  const { f32 } = modelNumbers(model);
  const tables = layout.MODEL_CALIBRATION + context.slot * layout.CALIBRATION_SLOT_BYTES;
  return {
    ctr: calibrate(f32, tables, logit(context.ctr, scores.ctr)),
    cvr: calibrate(f32, tables + layout.CALIBRATION_TABLE_BYTES, logit(context.cvr, scores.cvr)),
  };
}

function logit(context: Score, ad: Score): number {
  const products = context.factors.map((s, j) => s * (ad.factors[j] as number));
  return fround(fround(context.own + ad.own) + laneSum(products));
}

/** Probability of a logit, piecewise linear between the knots of a table. */
function calibrate(f32: Float32Array, table: number, logitRaw: number): number {
  const limit = layout.CALIBRATION_LOGIT_MAX;
  const clamped = Math.min(Math.max(logitRaw, -limit), limit);
  const x = fround(fround(clamped + limit) * layout.CALIBRATION_KNOTS_PER_LOGIT);
  const i = Math.min(Math.floor(x), layout.CALIBRATION_KNOTS - 2);
  const f = fround(x - i);
  const left = f32[f32At(table) + i] as number;
  const right = f32[f32At(table) + i + 1] as number;
  return fround(left + fround(f * fround(right - left)));
}
