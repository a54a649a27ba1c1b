// Prices: values by goal, floors across currencies, auction types, and shading against brute force.

import fc from 'fast-check';
import t from 'tap';
import { exponential } from '../../assembly/exponential.js';
import { FIELD_EXCHANGE } from '../../assembly/memory_map.js';
import * as layout from '../../assembly/model_layout.js';
import type { Book } from '../book.js';
import { privacyChoices } from '../exchange_file.js';
import { featureIndex, hashText } from '../hash.js';
import {
  bodyOf,
  bookOfAdGroups,
  bookTargeting,
  type Part,
  sampleBook,
  sampleImp,
  sampleRequest,
  sampleSituation,
  sampleState,
} from '../testing/sample_book.js';
import { SAMPLE_SLOTS, sampleModel } from '../testing/sample_model.js';
import { decide } from './decide.js';
import { exchangeSlot, f32At, type Landscape, landscapeOf, modelNumbers, priceLevel } from './model.js';
import { normalise } from './normalise.js';
import { contextFeatures } from './predict.js';
import type { NormalImp, NormalRequest } from './request.js';
import { shade, winProbability } from './shade.js';
import type { Bid, Situation } from './situation.js';
import { up } from './slots.js';

const SEED = 20260107;

function bids(book: Book, request: Part, situation: Partial<Situation> = {}): readonly Bid[] {
  return decide(bodyOf(sampleRequest(request)), sampleSituation(book, situation)).bids;
}

function onlyBid(book: Book, request: Part, situation: Partial<Situation> = {}): Bid {
  const made = bids(book, request, situation);
  if (made.length !== 1) throw new Error(`${made.length} bids`);
  return made[0] as Bid;
}

const multiplier = (by: number) => ({
  campaign: () => sampleState({ policyMultiplier: by, availableMicros: 1_000_000_000n }),
});
const ofImp = (part: Part): Part => ({ imp: [sampleImp(part)] });

t.test('the value follows the goal', async (t) => {
  const goal = (type: string, bid_micros: number): Bid => onlyBid(bookOfAdGroups([{ goal: { type, bid_micros } }]), {});
  t.equal(goal('cpm', 3_000_000).willing, 3_000_000);
  const click = goal('cpc', 500_000);
  t.equal(click.willing, 500_000 * 1000 * click.ctr);
  const conversion = goal('cpa', 40_000_000);
  t.equal(conversion.willing, 40_000_000 * 1000 * conversion.ctr * conversion.cvr);
  t.ok(click.ctr > 0 && click.ctr < 0.2 && conversion.cvr > 0 && conversion.cvr < 0.3);
});

t.test('the multiplier scales the value, the cap limits it', async (t) => {
  t.equal(onlyBid(sampleBook(), {}, multiplier(0.5)).priceMicros, 5_000_000n);
  const tenth = onlyBid(sampleBook(), {}, multiplier(0.1));
  t.equal(tenth.multiplier, Math.fround(0.1), 'the state is a 32-bit float');
  t.equal(tenth.priceMicros, BigInt(Math.floor(10_000_000 * Math.fround(0.1))));
  t.equal(onlyBid(bookOfAdGroups([{ max_bid_cpm_micros: 7_000_000 }]), {}, multiplier(2)).priceMicros, 7_000_000n);
});

t.test('second price bids all it would pay, first price is shaded, anything else is second', async (t) => {
  const at = (value: unknown): Bid => onlyBid(sampleBook(), { at: value });
  t.match(at(2), { auction: 2, priceMicros: 10_000_000n });
  for (const other of [3, 0, 7, null, 'x']) t.match(at(other), { auction: 2, priceMicros: 10_000_000n });
  const first = at(1);
  t.equal(first.auction, 1);
  t.ok(first.priceMicros < 10_000_000n && first.priceMicros > 0n, String(first.priceMicros));
});

t.test('a first-price bid is never below the floor nor above what the ad would pay', async (t) => {
  const { model } = sampleSituation(sampleBook());
  const body = bodyOf(sampleRequest({ at: 1 }));
  const { request } = normalise(body, privacyChoices.parse({}));
  const features = contextFeatures(
    request as NormalRequest,
    request?.imps[0] as NormalImp,
    sampleSituation(sampleBook()),
  );
  const level = priceLevel(model, features);
  t.ok(level !== 1 && level > 0.1 && level < 10, String(level));
  const landscape = landscapeOf(model, 1, level);
  for (const floor of [0.000001, 0.5, 3, 9.99, 10]) {
    const { priceMicros } = onlyBid(sampleBook(), { at: 1, ...ofImp({ bidfloor: floor }) });
    const shaded = shade(10_000_000, Math.round(floor * 1e6), landscape);
    t.ok(
      priceMicros >= BigInt(Math.round(floor * 1e6)) && priceMicros <= 10_000_000n,
      `floor ${floor}: ${priceMicros}`,
    );
    t.ok(Math.abs(Number(priceMicros) - shaded) <= 1);
  }
});

t.test('the auction type of a deal goes before that of the request', async (t) => {
  const book = bookTargeting({ deals: ['d1'] });
  const deal = (at: unknown, request: unknown): number =>
    onlyBid(book, { at: request, ...ofImp({ pmp: { deals: [{ id: 'd1', at, bidfloor: 1 }] } }) }).auction;
  t.same([deal(1, 2), deal(2, 1), deal(3, 1), deal(undefined, 1), deal(4, 1), deal('x', 2)], [1, 2, 3, 1, 1, 2]);
});

t.test('a fixed-price deal is bid at its price, without multiplier and shading', async (t) => {
  const book = bookTargeting({ deals: ['d1'] }, {}, { rates: { EUR: 0.8 } });
  const deal = (part: Part, situation = {}): Bid =>
    onlyBid(
      book,
      { at: 1, cur: ['EUR'], ...ofImp({ bidfloor: 50, pmp: { deals: [{ id: 'd1', at: 3, ...part }] } }) },
      situation,
    );
  t.match(deal({ bidfloor: 2.5 }, multiplier(0.3)), {
    auction: 3,
    multiplier: 1,
    willing: 10_000_000,
    priceMicros: 2_000_000n,
  });
  t.equal(deal({ bidfloor: 2.5, bidfloorcur: 'EUR' }).priceMicros, 2_500_000n);
  t.equal(deal({ bidfloor: 0.00000025 }).priceMicros, 1n, 'at least one micro');
  t.equal(deal({ bidfloor: 10 }).priceMicros, 8_000_000n, 'up to what the ad would pay');
  t.equal(bids(book, { cur: ['EUR'], ...ofImp({ pmp: { deals: [{ id: 'd1', at: 3, bidfloor: 10.1 }] } }) }).length, 0);
});

t.test('floors are compared in the currency of the response', async (t) => {
  const book = sampleBook({ rates: { EUR: 0.9, JPY: 150 } });
  const passes = (imp: Part, cur?: string[]): boolean => bids(book, { cur, ...ofImp(imp) }).length === 1;
  t.ok(passes({ bidfloor: 9, bidfloorcur: 'EUR' }), '9 EUR are exactly 10 USD');
  t.notOk(passes({ bidfloor: 9.00001, bidfloorcur: 'EUR' }));
  t.ok(passes({ bidfloor: 10 }, ['EUR']));
  t.notOk(passes({ bidfloor: 10.00001 }, ['EUR']));
  t.ok(passes({ bidfloor: 1500, bidfloorcur: 'JPY' }, ['EUR']));
  t.notOk(passes({ bidfloor: 1500.01, bidfloorcur: 'JPY' }, ['EUR']));
  t.ok(passes({ bidfloor: '9.5' }) && passes({ bidfloor: -1 }) && passes({ bidfloor: null }));
  t.notOk(passes({ bidfloor: 1e300 }));
});

t.test('a deal has its own floor in its own currency, else that of the impression', async (t) => {
  const book = bookTargeting({ deals: ['d1'] }, {}, { rates: { EUR: 0.5 } });
  const passes = (imp: Part, deal: Part): boolean =>
    bids(book, ofImp({ ...imp, pmp: { private_auction: 1, deals: [{ id: 'd1', ...deal }] } })).length === 1;
  t.notOk(passes({ bidfloor: 11 }, {}));
  t.ok(passes({ bidfloor: 11 }, { bidfloor: 10 }));
  t.ok(passes({ bidfloor: 11 }, { bidfloor: 0 }), 'a floor of 0 is given');
  t.ok(passes({ bidfloorcur: 'EUR' }, { bidfloor: 10 }), 'USD unless given, whatever the impression says');
  t.notOk(passes({ bidfloorcur: 'EUR' }, { bidfloor: 5.1, bidfloorcur: 'EUR' }));
  t.notOk(
    passes({ bidfloor: 5.1, bidfloorcur: 'EUR' }, { bidfloorcur: 'USD' }),
    'the currency goes with the floor it is for',
  );
  t.notOk(passes({ bidfloor: 11 }, { bidfloor: 'x' }), 'an unusable floor is not given');
});

t.test('the currency is the own one if taken, else the first with a rate', async (t) => {
  const book = sampleBook({ currency: 'EUR', rates: { USD: 1.25, JPY: 160 } });
  const answer = (cur?: unknown): [string, number] => {
    const { response } = decide(bodyOf(sampleRequest({ cur })), sampleSituation(book));
    const parsed = JSON.parse(response ?? '{}');
    return [parsed.cur, parsed.seatbid[0].bid[0].price];
  };
  t.same(answer(), ['USD', 12.5]);
  t.same(answer(['USD', 'EUR']), ['EUR', 10]);
  t.same(answer(['GBP', 'jpy', 'USD']), ['JPY', 1600]);
  t.same(answer(['', 7, 'DOLLAR']), ['USD', 12.5], 'without a usable entry, USD');
});

t.test('rounding up does not follow the noise of a conversion', async (t) => {
  t.equal(up(1.1 * 1e6), 1_100_000);
  t.equal(up(0.07 * 100 * 1e6), 7_000_000);
  t.equal(up(2.01), 3);
  t.equal(up(2.0009), 2);
  t.equal(up(1.9995), 2);
  t.equal(up(Number.POSITIVE_INFINITY), 1e15);
});

t.test('of ads that pay the same the first in the book wins, else the one that pays most', async (t) => {
  const winner = (...micros: number[]): string | undefined => {
    const book = bookOfAdGroups(micros.map((bid_micros) => ({ goal: { type: 'cpm', bid_micros } })));
    return book.ads[onlyBid(book, {}).ad]?.adGroup.id;
  };
  t.equal(winner(5, 9, 9, 2), 'g2');
  t.equal(winner(5, 5), 'g1');
  t.equal(winner(5, 6), 'g2');
});

/** The best of many bids between lo and v. */
function bruteForce(v: number, floor: number, landscape: Landscape): number {
  const lo = Math.min(floor, v);
  const steps = 20_000;
  let gain = 0;
  for (let i = 0; i <= steps; i++) {
    const bid = lo + ((v - lo) * i) / steps;
    gain = Math.max(gain, (v - bid) * winProbability(bid, landscape));
  }
  return gain;
}

t.test('shading finds the bid with the highest expected surplus', async (t) => {
  const landscapes = [0, 1, 5].flatMap((slot) =>
    [1, 0.37, 12].map((level) => landscapeOf(sampleModel(3), slot, level)),
  );
  const prices = fc.double({ min: 1, max: 2e8, noNaN: true });
  const optimal = fc.property(prices, prices, fc.constantFrom(...landscapes), (v, floor, landscape) => {
    const bid = shade(v, floor, landscape);
    // Dividing by the level and multiplying again may cost the last bit.
    const inside = bid >= Math.min(floor, v) * (1 - 1e-15) && bid <= v * (1 + 1e-15);
    const gain = (v - bid) * winProbability(bid, landscape);
    return inside && gain >= bruteForce(v, floor, landscape) * (1 - 1e-9) - v * 1e-15;
  });
  const details = fc.check(optimal, { seed: SEED, numRuns: 300 });
  t.equal(details.failed, false, fc.defaultReportMessage(details) ?? '300 cases');
});

t.test('the win probability is linear between the grid prices and constant above', async (t) => {
  const landscape = { gridMicros: Float64Array.of(8, 16, 32), win: Float64Array.of(0.25, 0.25, 0.75), level: 1 };
  t.same(
    [0, 4, 8, 12, 16, 24, 32, 99].map((bid) => winProbability(bid, landscape)),
    [0, 0.125, 0.25, 0.25, 0.25, 0.5, 0.75, 0.75],
  );
  t.equal(shade(12, 0, landscape), 6, 'halfway up a line through 0');
  t.equal(shade(20, 0, landscape), 8, 'a flat piece is not paid for');
  t.equal(shade(1000, 0, landscape), 32, 'nor is anything above the grid');
  t.equal(shade(1000, 50, landscape), 50, 'but the floor is');
  t.equal(shade(5, 50, landscape), 5, 'a floor above the value leaves the value');
});

t.test('a price level scales the prices of the grid', async (t) => {
  const usual = { gridMicros: Float64Array.of(8, 16, 32), win: Float64Array.of(0.25, 0.25, 0.75), level: 1 };
  const double = { ...usual, level: 2 };
  for (const price of [0, 4, 8, 12, 24, 99]) {
    t.equal(winProbability(2 * price, double), winProbability(price, usual));
    t.equal(shade(2 * price, 6, double), 2 * shade(price, 3, usual));
  }
});

t.test('the level is the exponential of the weights of the context, within bounds', async (t) => {
  const model = sampleModel(1);
  const { f32 } = modelNumbers(model);
  const set = (feature: number, weight: number): void => {
    f32[f32At(layout.MODEL_FEATURES + feature * layout.FEATURE_STRIDE + layout.FEATURE_WEIGHT_LANDSCAPE)] = weight;
  };
  const level = (...weights: number[]): number => {
    for (const [feature, weight] of weights.entries()) set(feature, weight);
    return priceLevel(model, [...weights.keys()]);
  };
  t.equal(level(0, 0, 0), 1);
  t.ok(Math.abs(level(0.5, -0.25, 0.75) - Math.E) < 1e-12);
  t.equal(level(20, 1), exponential(8));
  t.equal(level(-1000, 3), exponential(-8));
});

t.test('an exchange takes the first slot that names it, any other takes slot 0', async (t) => {
  const slotOf = (id: string): number => exchangeSlot(sampleModel(1), featureIndex(FIELD_EXCHANGE, hashText(id)));
  t.equal(SAMPLE_SLOTS.lastIndexOf('x1'), 13, 'x1 stands there twice');
  t.same(['default', 'x1', 'x9', 'openx', 'stranger'].map(slotOf), [1, 2, 10, 13, 0]);
});
