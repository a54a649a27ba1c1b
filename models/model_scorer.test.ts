// Scoring and training see the same features for the same request, and the same model says the same of them: bids of
// the real hot path, whose tokens are learnt from, and whose predictions under the model that comes of it are foretold.

import t from 'tap';
import * as layout from '../assembly/model_layout.js';
import { adFeatures } from '../bidcore/ad_features.js';
import type { Book } from '../bidcore/book.js';
import { unpackFeatures } from '../bidcore/feature_list.js';
import type { BidFacts } from '../bidcore/money/event.js';
import { KeyRing } from '../bidcore/money/key_ring.js';
import { isTokenProblem, readToken } from '../bidcore/money/token_reader.js';
import { adKey } from '../bidcore/reference/token.js';
import { SAMPLE_SETTINGS, TestBidder } from '../bidcore/testing/bidder.js';
import { seededRandom } from '../bidcore/testing/random.js';
import {
  type Part,
  SAMPLE_NOW_US,
  sampleAccount,
  sampleAdGroup,
  sampleBook,
  sampleCampaign,
  sampleCreative,
  sampleRequest,
} from '../bidcore/testing/sample_book.js';
import { sampleModel } from '../bidcore/testing/sample_model.js';
import { Calibrator } from './calibration/calibrator.js';
import { FmTrainer } from './fm/fm_trainer.js';
import { ModelScorer } from './model_scorer.js';

const EXCHANGES = 3;
const TARGETS = ['ctr', 'cvr'] as const;

/** Ads that pay for clicks and for conversions, of two advertisers, on three exchanges. */
function book(): Book {
  const creatives = [
    sampleCreative({ id: 'small' }),
    sampleCreative({ id: 'wide', w: 728, h: 90, advertiser_domains: ['Other.example'], categories: ['IAB3-2'] }),
  ];
  const group = (id: string, type: string): Part =>
    sampleAdGroup({ id, creatives: ['small', 'wide'], goal: { type, bid_micros: 20_000_000 } });
  const campaigns = [
    sampleCampaign({ id: 'clicks', ad_groups: [group('g1', 'cpc')] }),
    sampleCampaign({ id: 'sales', ad_groups: [group('g2', 'cpa')] }),
  ];
  return sampleBook({
    exchanges: Array.from({ length: EXCHANGES }, (_, i) => ({ id: `x${i + 1}` })),
    accounts: [sampleAccount({ creatives, campaigns })],
  });
}

/** A request of some site or app, place and device; the same seed gives the same. */
function requestOf(seed: number): Part {
  const random = seededRandom(seed);
  const one = <T>(...values: T[]): T => values[Math.floor(random() * values.length)] as T;
  const inventory = { domain: one('a.example', 'B.example', 'c.example'), publisher: { id: one('1', '2') } };
  const [w, h] = one([300, 250], [728, 90]);
  return sampleRequest({
    id: `r${seed}`,
    site: null,
    [one('site', 'app')]: inventory,
    device: {
      os: one('iOS', 'Android', 'Windows'),
      devicetype: one(1, 2, 4),
      geo: { country: one('USA', 'DEU', undefined) },
    },
    imp: [{ id: '1', tagid: one('top', 'side'), instl: one(0, 1), banner: { w, h, pos: one(0, 1, 3) } }],
  });
}

interface Bid {
  readonly facts: BidFacts;
  /** What the hot path says it hashed of the request. */
  readonly context: Uint32Array;
}

/** The bids on many requests. */
function bidsOf(bidder: TestBidder): Bid[] {
  const ring = new KeyRing({ id: SAMPLE_SETTINGS.noticeKeyId, bytes: SAMPLE_SETTINGS.noticeKey });
  return Array.from({ length: 240 }, (_, seed) => {
    const nowUs = SAMPLE_NOW_US + seed * 1e9;
    const { text } = bidder.bid(requestOf(seed), 1 + (seed % EXCHANGES), nowUs);
    const [token = ''] = /(?<=\/n\/win\/)[\w-]{224}(?=\?)/.exec(text) ?? [];
    const read = readToken(token, ring, nowUs / 1e6, 60);
    if (isTokenProblem(read)) throw new Error(`request ${seed}: ${read}; answer ${text}`);
    return { facts: read.facts, context: bidder.hotPath.features(bidder.memory) };
  });
}

t.test('a model learnt from tokens predicts in the hot path what the scorer says of their features', async (t) => {
  const ads = book();
  const bidder = new TestBidder();
  await bidder.load(ads, sampleModel(3), 1);
  const before = bidsOf(bidder);
  const byKey = new Map(ads.ads.map((ad) => [adKey(ad).toString(16).padStart(16, '0'), ad]));
  t.ok(new Set(before.map(({ facts }) => facts.ad)).size > 1, 'more than one ad bids');
  for (const { facts, context } of before) {
    const ad = byKey.get(facts.ad);
    t.same([...unpackFeatures(facts.features)], [...context, ...(ad === undefined ? [] : adFeatures(ad))]);
  }

  // Two trainers and calibrators, on outcomes that depend on features.
  const random = seededRandom(1);
  const image = sampleModel(3);
  const exchanges = [...new Set(before.map(({ facts }) => unpackFeatures(facts.features)[0] as number))];
  const slots = [layout.NO_EXCHANGE, exchanges[2] as number, exchanges[0] as number];
  new Uint32Array(image.buffer, layout.MODEL_EXCHANGES, layout.EXCHANGE_SLOTS).fill(layout.NO_EXCHANGE).set(slots);
  for (const which of TARGETS) {
    const trainer = await FmTrainer.startFrom(sampleModel(3), which);
    const calibrator = new Calibrator();
    for (let pass = 0; pass < 20; pass++) {
      for (const { facts } of before) {
        const features = unpackFeatures(facts.features);
        const likely = features.reduce((sum, index) => sum + ((index >> 3) & 1), 0) / 27;
        const label = random() < likely * 0.4 ? 1 : 0;
        const p = trainer.learn(features, label);
        calibrator.add(Math.log(p / (1 - p)), label, features[0]);
      }
    }
    trainer.writeTo(image, which);
    calibrator.writeTo(image, which, slots);
  }
  await bidder.load(ads, image, 2);
  const after = bidsOf(bidder);
  const scorer = new ModelScorer(image);
  const old = new ModelScorer(sampleModel(3));
  for (const { facts } of after) {
    t.equal(facts.model, 2);
    const rates = scorer.score(unpackFeatures(facts.features));
    for (const which of TARGETS) {
      t.ok(Math.abs(rates[which] - facts[which]) <= 1e-6, `${which}: ${rates[which]}, ${facts[which]}`);
    }
  }
  for (const { facts } of before) {
    const rates = old.score(unpackFeatures(facts.features));
    for (const which of TARGETS) t.ok(Math.abs(rates[which] - facts[which]) <= 1e-6, `${which} of the first model`);
  }
  const moved = after.filter(({ facts }) => {
    const was = old.score(unpackFeatures(facts.features)).ctr;
    return Math.abs(facts.ctr - was) > 0.02;
  });
  t.ok(moved.length > after.length / 2, 'and what was learnt shows in the bids');
});

t.test('the probability of a trainer is that of its model under the plain sigmoid', async (t) => {
  const image = sampleModel(5);
  const trainer = await FmTrainer.create();
  const random = seededRandom(2);
  const draw = (): Uint32Array => Uint32Array.from({ length: 27 }, () => Math.floor(random() * layout.FEATURES));
  const seen = Array.from({ length: 50 }, draw);
  for (let i = 0; i < 1000; i++) trainer.learn(seen[i % 50] as Uint32Array, i % 7 === 0 ? 1 : 0);
  trainer.writeTo(image, 'ctr');
  new Calibrator().writeTo(image, 'ctr', []);
  const scorer = new ModelScorer(image);
  for (const features of [...seen, draw(), Uint32Array.from({ length: 27 }, (_, i) => i % 5)]) {
    const [p, q] = [trainer.predict(features), scorer.score(features).ctr];
    t.ok(Math.abs(p - q) < p * 0.003, `${p}, ${q}: but for the straight lines between knots`);
  }
});

t.test('an image or features of another length', async (t) => {
  t.throws(() => new ModelScorer(new Uint8Array(5)), /not 5/);
  t.throws(() => new ModelScorer(sampleModel(1)).score([1, 2]), /2 features, not 27/);
});
