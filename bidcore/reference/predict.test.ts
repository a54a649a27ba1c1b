// Predictions: the factorization machine against its textbook formula, the features a request and an ad have, and the
// calibration table of the exchange.

import t from 'tap';
import * as map from '../../assembly/memory_map.js';
import * as layout from '../../assembly/model_layout.js';
import type { Ad, Book } from '../book.js';
import { privacyChoices } from '../exchange_file.js';
import { featureIndex, hashNumber, hashText } from '../hash.js';
import {
  bodyOf,
  bookTargeting,
  type Part,
  sampleBook,
  sampleRequest,
  sampleSituation,
} from '../testing/sample_book.js';
import { audioCreative, bookOf, nativeCreative, videoCreative } from '../testing/sample_formats.js';
import { f32At, modelNumbers } from './model.js';
import { normalise } from './normalise.js';
import { adFeatures, contextFeatures, contextScores, predict } from './predict.js';
import type { NormalImp, NormalRequest } from './request.js';
import type { Situation } from './situation.js';

const CHOICES = privacyChoices.parse({});
const firstAd = (book: Book): Ad => book.ads[0] as Ad;

function features(request: Part, situation: Partial<Situation> = {}): number[] {
  const { request: normal } = normalise(bodyOf(sampleRequest(request)), CHOICES);
  const { imps } = normal as NormalRequest;
  return contextFeatures(normal as NormalRequest, imps[0] as NormalImp, sampleSituation(sampleBook(), situation));
}

const text = (field: number, value: string): number => featureIndex(field, hashText(value));
const number = (field: number, value: number): number => featureIndex(field, hashNumber(value));
const absent = (field: number): number => featureIndex(field, 0n);

t.test('a full request has these context features, in this order', async (t) => {
  const full = {
    site: { domain: 'WWW.News.example', bundle: 'B', publisher: { id: 'Pub' }, cat: ['IAB1-2', 'IAB3'] },
    device: {
      devicetype: 4,
      os: 'iOS',
      language: 'en-US',
      connectiontype: 2,
      carrier: 'Acme',
      geo: { country: 'USA', region: 'OR', city: 'Ulm' },
    },
    imp: [
      {
        id: 1,
        banner: {
          w: 1,
          h: 1,
          pos: -1,
          format: [
            { wratio: 1, hratio: 1 },
            { w: 728, h: 90 },
          ],
        },
        tagid: 'Tag',
        instl: 1,
      },
    ],
  };
  t.same(features(full), [
    text(map.FIELD_EXCHANGE, 'default'),
    number(map.FIELD_INVENTORY, 1),
    text(map.FIELD_DOMAIN, 'news.example'),
    text(map.FIELD_BUNDLE, 'b'),
    text(map.FIELD_PUBLISHER, 'Pub'),
    text(map.FIELD_CATEGORY, 'iab1-2'),
    text(map.FIELD_COUNTRY, 'usa'),
    text(map.FIELD_REGION, 'or'),
    text(map.FIELD_CITY, 'ulm'),
    number(map.FIELD_DEVICE_TYPE, 4),
    text(map.FIELD_OS, 'ios'),
    text(map.FIELD_LANGUAGE, 'en'),
    number(map.FIELD_CONNECTION, 2),
    text(map.FIELD_CARRIER, 'acme'),
    number(map.FIELD_HOUR, 13),
    number(map.FIELD_WEEKDAY, 2),
    number(map.FIELD_SLOT_SIZE, 728 * 65536 + 90),
    text(map.FIELD_TAG, 'Tag'),
    number(map.FIELD_POSITION, -1),
    number(map.FIELD_INTERSTITIAL, 1),
  ]);
});

t.test('absent facts are features too', async (t) => {
  const bare = features({ site: null, imp: [{ id: 1, banner: { w: 0 } }] });
  t.equal(bare.length, map.REQUEST_FEATURES + map.IMP_FEATURES);
  t.same(bare[1], absent(map.FIELD_INVENTORY));
  t.same(
    bare.slice(2, 14),
    Array.from({ length: 12 }, (_, i) => absent(map.FIELD_DOMAIN + i)),
  );
  t.same(bare.slice(16), [
    absent(map.FIELD_SLOT_SIZE),
    absent(map.FIELD_TAG),
    absent(map.FIELD_POSITION),
    number(map.FIELD_INTERSTITIAL, 0),
  ]);
});

t.test('the slot size is the first whole format, else the banner', async (t) => {
  const size = (banner: Part): unknown => features({ imp: [{ id: 1, banner }] })[16];
  const wide = number(map.FIELD_SLOT_SIZE, 300 * 65536 + 250);
  t.equal(size({ w: 300, h: 250 }), wide);
  t.equal(size({ w: 9, h: 9, format: [{ w: 300 }, { w: 300, h: 250 }, { w: 5, h: 5 }] }), wide);
  t.equal(size({ w: 300, h: 250, format: [{ wratio: 1, hratio: 1 }] }), wide);
  t.equal(size({ w: 65535, h: 65535 }), number(map.FIELD_SLOT_SIZE, 2 ** 32 - 1));
});

t.test('app, venue, hour and weekday are features', async (t) => {
  t.equal(features({ site: null, app: {} })[1], number(map.FIELD_INVENTORY, 2));
  t.equal(features({ site: null, dooh: {} })[1], number(map.FIELD_INVENTORY, 3));
  const sunday = features({}, { nowUs: Date.UTC(2026, 0, 4, 0, 0) * 1000 });
  t.same(sunday.slice(14, 16), [number(map.FIELD_HOUR, 0), number(map.FIELD_WEEKDAY, 6)]);
});

t.test('an ad has these features', async (t) => {
  const book = bookTargeting({}, { advertiser_domains: ['WWW.Adv.example', 'b.example'], categories: ['IAB2-1'] });
  t.same(adFeatures(firstAd(book)), [
    text(map.FIELD_CAMPAIGN, 'c1'),
    text(map.FIELD_AD_GROUP, 'g1'),
    text(map.FIELD_CREATIVE, 'cr1'),
    text(map.FIELD_ADVERTISER, 'www.adv.example'),
    number(map.FIELD_CREATIVE_SIZE, 300 * 65536 + 250),
    text(map.FIELD_CREATIVE_CATEGORY, 'iab2-1'),
    number(map.FIELD_CREATIVE_TYPE, 1),
  ]);
  t.equal(adFeatures(firstAd(sampleBook()))[5], absent(map.FIELD_CREATIVE_CATEGORY));
  const ofType = (creative: Part): number[] => adFeatures(firstAd(bookOf([creative])));
  t.same(
    [videoCreative({}), audioCreative({}), nativeCreative({})].map((creative) => ofType(creative)[6]),
    [2, 3, 4].map((type) => number(map.FIELD_CREATIVE_TYPE, type)),
  );
  t.equal(ofType(videoCreative({ w: 640, h: 360 }))[4], number(map.FIELD_CREATIVE_SIZE, 640 * 65536 + 360));
  t.equal(ofType(audioCreative({}))[4], absent(map.FIELD_CREATIVE_SIZE));
  t.equal(ofType(nativeCreative({}))[4], absent(map.FIELD_CREATIVE_SIZE));
});

t.test('a video gives the size and the place where no banner does', async (t) => {
  const of = (imp: Part): number[] => features({ imp: [{ id: 1, ...imp }] }).slice(16);
  const video = { w: 640, h: 360, pos: 7 };
  const size = number(map.FIELD_SLOT_SIZE, 640 * 65536 + 360);
  t.same(of({ video }).slice(0, 1), [size]);
  t.same(of({ video, banner: { w: 300 } })[0], size, 'half a size is none');
  t.same(of({ video, banner: { w: 300, h: 250 } })[0], number(map.FIELD_SLOT_SIZE, 300 * 65536 + 250));
  t.equal(of({ video, banner: {} })[2], number(map.FIELD_POSITION, 7));
  t.equal(of({ video, banner: { pos: 0 } })[2], number(map.FIELD_POSITION, 0));
  t.equal(of({ audio: video })[0], absent(map.FIELD_SLOT_SIZE), 'an audio has neither');
  t.equal(of({ audio: video })[2], absent(map.FIELD_POSITION));
});

/** The textbook form: bias, weights, and the products of all pairs of factors, in doubles. */
function textbookLogit(image: Uint8Array, all: readonly number[], side: 'ctr' | 'cvr'): number {
  const { f32 } = modelNumbers(image);
  const [bias, factors, weight] =
    side === 'ctr'
      ? [layout.MODEL_BIAS_CTR, layout.FEATURE_FACTORS_CTR, layout.FEATURE_WEIGHT_CTR]
      : [layout.MODEL_BIAS_CVR, layout.FEATURE_FACTORS_CVR, layout.FEATURE_WEIGHT_CVR];
  const at = (feature: number, offset: number): number =>
    f32[f32At(layout.MODEL_FEATURES + feature * layout.FEATURE_STRIDE + offset)] as number;
  let logit = f32[f32At(bias)] as number;
  all.forEach((one, i) => {
    logit += at(one, weight);
    for (const other of all.slice(i + 1)) {
      for (let j = 0; j < layout.FACTORS; j++) logit += at(one, factors + 4 * j) * at(other, factors + 4 * j);
    }
  });
  return logit;
}

t.test('rates are those of the factorization machine, calibrated for the exchange', async (t) => {
  const book = sampleBook({ exchanges: Array.from({ length: 17 }, (_, i) => ({ id: `x${i + 1}` })) });
  const slots = new Map([
    [0, 1],
    [1, 2],
    [9, 10],
    [10, 0],
    [17, 0],
  ]);
  for (const [exchange, slot] of slots) {
    const situation = sampleSituation(book, { exchange });
    const { request } = normalise(bodyOf(sampleRequest({ device: { os: 'ios', geo: { country: 'usa' } } })), CHOICES);
    const context = contextFeatures(request as NormalRequest, request?.imps[0] as NormalImp, situation);
    const ad = firstAd(book);
    const rates = predict(contextScores(situation.model, context), ad, situation);
    for (const side of ['ctr', 'cvr'] as const) {
      const logit = textbookLogit(situation.model, [...context, ...adFeatures(ad)], side);
      const expected = 1 / (1 + Math.exp(-(logit + slot / 100)));
      t.ok(
        Math.abs(rates[side] - expected) < expected * 0.003,
        `${side} on exchange ${exchange}: ${rates[side]}, ${expected}`,
      );
      t.equal(rates[side], Math.fround(rates[side]), 'a 32-bit float');
    }
  }
});

t.test('logits beyond the table take its ends', async (t) => {
  const situation = sampleSituation(sampleBook());
  const model = situation.model.slice();
  const { f32 } = modelNumbers(model);
  const table = f32At(layout.MODEL_CALIBRATION + layout.CALIBRATION_SLOT_BYTES);
  const { request } = normalise(bodyOf(sampleRequest()), CHOICES);
  const rate = (bias: number): number => {
    f32[f32At(layout.MODEL_BIAS_CTR)] = bias;
    const at = { ...situation, model };
    const scores = contextScores(model, contextFeatures(request as NormalRequest, request?.imps[0] as NormalImp, at));
    return predict(scores, firstAd(situation.book), at).ctr;
  };
  t.equal(rate(1000), f32[table + 256]);
  t.equal(rate(-1000), f32[table]);
});

t.test('an image of another length or alignment', async (t) => {
  t.throws(() => modelNumbers(new Uint8Array(16)), /model image of 16 bytes/);
  const { model } = sampleSituation(sampleBook());
  const shifted = new Uint8Array(model.length + 4);
  shifted.set(model, 4);
  t.equal(
    modelNumbers(shifted.subarray(4)).f64[layout.MODEL_LANDSCAPE / 8],
    modelNumbers(model).f64[layout.MODEL_LANDSCAPE / 8],
  );
});
