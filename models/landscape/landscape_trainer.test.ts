// The landscape trainer on markets whose truth is known: what it recovers under which censoring, what it publishes, and
// that it goes on after a restart as if there had been none.

import t from 'tap';
import * as layout from '../../assembly/model_layout.js';
import { isModelFileError, readModelFile, writeModelFile } from '../../bidcore/model_file.js';
import { seedModel } from '../seed_model.js';
import { LandscapeTrainer } from './landscape_trainer.js';
import { PublishedLandscape } from './published_landscape.js';
import { type MarketOptions, SyntheticMarket, type Telling } from './testing/synthetic_market.js';

const ERRORS = [-1, -0.7, -0.4, 0, 0.4, 0.8];
const EMPTY = seedModel(1);
const SLOTS = [layout.NO_EXCHANGE, 0, 1, 2];

interface Learned {
  readonly market: SyntheticMarket;
  readonly trainer: LandscapeTrainer;
  readonly lostShare: number;
  /** Prices seen of auctions won. */
  readonly prices: number[];
}

function learned(options: MarketOptions, telling: Telling, auctions = 20_000): Learned {
  const market = new SyntheticMarket(options);
  const trainer = new LandscapeTrainer();
  const prices: number[] = [];
  let lost = 0;
  for (let i = 0; i < auctions; i++) {
    const observation = market.observation(telling);
    trainer.learn(observation);
    if (observation.outcome === 'above') lost++;
    if (observation.outcome === 'exact') prices.push(observation.priceMicros);
  }
  return { market, trainer, lostShare: lost / auctions, prices };
}

/** Mean distance and mean difference of what is said of bids around the price to what is true. */
function judge(
  { market }: Learned,
  said: (features: Uint32Array, bid: number) => number,
  of: (features: Uint32Array) => boolean = () => true,
): { distance: number; bias: number } {
  let distance = 0;
  let bias = 0;
  let count = 0;
  for (let i = 0; i < 800; i++) {
    const features = market.context();
    if (!of(features)) continue;
    for (const error of ERRORS) {
      const bid = market.priceAt(features, error);
      const excess = said(features, bid) - market.winProbability(features, bid);
      distance += Math.abs(excess);
      bias += excess;
      count++;
    }
  }
  return { distance: distance / count, bias: bias / count };
}

const byTrainer =
  (trainer: LandscapeTrainer) =>
  (features: Uint32Array, bid: number): number =>
    trainer.winProbability(features, features[0] as number, bid);

function published(trainer: LandscapeTrainer): Uint8Array {
  const image = EMPTY.slice();
  const view = new DataView(image.buffer);
  SLOTS.forEach((exchange, slot) => {
    view.setUint32(layout.MODEL_EXCHANGES + 4 * slot, exchange, true);
  });
  trainer.writeTo(image, SLOTS);
  return image;
}

t.test(
  'win probabilities are recovered where seven in ten auctions are lost and nothing is seen of them',
  async (t) => {
    const market = learned({ seed: 1, bidMean: -0.25 }, 'won');
    t.ok(market.lostShare > 0.65 && market.lostShare < 0.75, `${market.lostShare} lost`);
    const { distance, bias } = judge(market, byTrainer(market.trainer));
    t.ok(distance < 0.06, `off by ${distance} on the mean`);
    t.ok(Math.abs(bias) < 0.03, `biased by ${bias}`);
  },
);

t.test('win probabilities are recovered from won and lost alone, as first price tells', async (t) => {
  const market = learned({ seed: 2, bidMean: 0 }, 'nothing');
  const { distance, bias } = judge(market, byTrainer(market.trainer));
  t.ok(distance < 0.08, `off by ${distance} on the mean`);
  t.ok(Math.abs(bias) < 0.03, `biased by ${bias}`);
});

t.test('the price to win of losses makes the landscape sharper', async (t) => {
  const said = (telling: Telling): number => {
    const market = learned({ seed: 3, bidMean: -1 }, telling, 15_000);
    return judge(market, byTrainer(market.trainer)).distance;
  };
  const [told, untold] = [said('always'), said('won')];
  t.ok(told < 0.04, `off by ${told} on the mean`);
  t.ok(told < untold, `${told} told, ${untold} not told`);
});

t.test('the histogram of prices won is far too sure of winning; the landscape is not', async (t) => {
  const market = learned({ seed: 4, bidMean: -0.25 }, 'won');
  const prices = market.prices.sort((a, b) => a - b);
  const histogram = judge(market, (_, bid) => {
    const above = prices.findIndex((price) => price > bid);
    return (above < 0 ? prices.length : above) / prices.length;
  });
  t.ok(histogram.bias > 0.15, `histogram biased by ${histogram.bias}`);
  t.ok(Math.abs(judge(market, byTrainer(market.trainer)).bias) < 0.03);
});

t.test('an exchange with little traffic has its own table, and leans on the others', async (t) => {
  const thin = learned({ seed: 5, bidMean: 0, shares: [0.97, 0.005] }, 'always', 40_000);
  const ofThird = (features: Uint32Array): boolean => features[0] === 2;
  const own = judge(thin, byTrainer(thin.trainer), ofThird).distance;
  const asFirst = judge(thin, (features, bid) => thin.trainer.winProbability(features, 0, bid), ofThird).distance;
  t.ok(own < 0.08, `own table off by ${own}`);
  t.ok(asFirst > 2 * own, `the table of the others is off by ${asFirst}`);
  const never = thin.trainer.winProbability(thin.market.context(), 77, 2e6);
  t.ok(never > 0 && never < 1, 'an exchange never met has the table of all');
});

t.test('what is published says what the trainer says, and passes the checks of a model file', async (t) => {
  const market = learned({ seed: 6, bidMean: -0.3 }, 'won');
  const image = published(market.trainer);
  const file = readModelFile(writeModelFile(image, 1, 0));
  t.notOk(isModelFileError(file), 'problem' in file ? file.problem : '');
  const landscape = new PublishedLandscape(image);
  let most = 0;
  let earned = 0;
  let held = 0;
  for (let i = 0; i < 500; i++) {
    const features = market.market.context();
    const exchange = features[0] as number;
    for (const error of ERRORS) {
      const bid = market.market.priceAt(features, error);
      const difference = landscape.winProbability(features, exchange, bid) - byTrainer(market.trainer)(features, bid);
      most = Math.max(most, Math.abs(difference));
    }
    const value = market.market.priceAt(features, 0.6);
    const bid = landscape.bid(features, exchange, value);
    earned += (value - bid) * market.market.winProbability(features, bid);
    held += (value - value * 0.8) * market.market.winProbability(features, value * 0.8);
    if (!(bid > 0 && bid <= value)) t.fail(`bids ${bid} for ${value}`);
  }
  t.ok(most < 0.03, `differs by ${most}`);
  t.ok(earned > held, `shading earns ${earned}, four fifths of the value ${held}`);
});

t.test('whatever was learned, what is published passes the checks of a model file', async (t) => {
  const features = Uint32Array.from({ length: 20 }, (_, i) => i * 1000);
  const learnings: Record<string, (trainer: LandscapeTrainer) => void> = {
    nothing: () => undefined,
    'one price': (trainer) => trainer.learn(at(1e6, 'exact')),
    'always the same': (trainer) => times(3000, () => trainer.learn(at(1e6, 'exact'))),
    'only losses': (trainer) => times(3000, () => trainer.learn(at(1e6, 'above'))),
    'only wins': (trainer) => times(3000, () => trainer.learn(at(1e6, 'below'))),
    'absurd prices': (trainer) => times(3000, (i) => trainer.learn(at(i % 2 === 0 ? 1e-300 : 1e300, 'exact'))),
    'no prices': (trainer) => times(3, (i) => trainer.learn(at([0, -1, Number.NaN][i] as number, 'exact'))),
  };
  const at = (price: number, outcome: 'exact' | 'below' | 'above') => ({
    ...{ features, bidMicros: price, priceMicros: price, outcome, exchangeFeature: 0 },
  });
  const times = (count: number, act: (i: number) => void): void => {
    for (let i = 0; i < count; i++) act(i);
  };
  for (const [name, learn] of Object.entries(learnings)) {
    const trainer = new LandscapeTrainer();
    learn(trainer);
    const file = readModelFile(writeModelFile(published(trainer), 1, 0));
    t.notOk(isModelFileError(file), `${name}: ${isModelFileError(file) ? file.problem : ''}`);
    const said = trainer.winProbability(features, 0, 1e6);
    t.ok(said >= 0 && said <= 1, `${name}: ${said}`);
  }
});

t.test('a trainer that was saved and taken up goes on as the one that was not', async (t) => {
  const market = new SyntheticMarket({ seed: 7, bidMean: 0 });
  const observations = Array.from({ length: 4000 }, () => market.observation('won'));
  const first = new LandscapeTrainer();
  for (const observation of observations.slice(0, 2500)) first.learn(observation);
  const second = new LandscapeTrainer();
  t.equal(second.restore(first.save()), undefined);
  for (const observation of observations.slice(2500)) {
    first.learn(observation);
    second.learn(observation);
  }
  t.ok(Buffer.from(first.save()).equals(second.save()), 'the same state');
  t.ok(Buffer.from(published(first)).equals(published(second)), 'the same model');
});

t.test('a state that is not of this trainer is refused with a reason and changes nothing', async (t) => {
  const trainer = new LandscapeTrainer();
  const before = Buffer.from(trainer.save());
  const changed = (at: number): Uint8Array => {
    const bytes = Uint8Array.from(before);
    bytes[at] = (bytes[at] as number) + 1;
    return bytes;
  };
  const refused = (bytes: Uint8Array, problem: RegExp, by = trainer): void => {
    t.match(by.restore(bytes), { code: 'invalid_state', problem });
  };
  refused(new Uint8Array(3), /no state/);
  refused(changed(0), /magic/);
  refused(changed(4), /version 2/);
  refused(changed(5000), /CRC/);
  refused(before.subarray(0, 1000), /bytes/);
  refused(before, /other options/, new LandscapeTrainer({ memory: 10 }));
  t.ok(before.equals(trainer.save()));
});

t.test('the landscape follows a market that moves', async (t) => {
  const market = new SyntheticMarket({ seed: 8, bidMean: 0 });
  const trainer = new LandscapeTrainer({ memory: 2000 });
  const features = market.context();
  const bid = market.priceAt(features, 0.2);
  const exchange = features[0] as number;
  for (let i = 0; i < 10_000; i++) trainer.learn(market.observation('won'));
  const before = trainer.winProbability(features, exchange, bid);
  for (let i = 0; i < 10_000; i++) trainer.learn(market.observation('won', 0.7));
  const after = trainer.winProbability(features, exchange, bid);
  const truth = market.winProbability(features, bid * Math.exp(-0.7));
  t.ok(Math.abs(after - truth) < 0.12, `${before} before, ${after} after, true ${truth}`);
  t.ok(before - after > 0.2, `${before} before, ${after} after`);
});

t.test('an hour never met is as the hours that were, though each came alone', async (t) => {
  const trainer = new LandscapeTrainer({ positions: 2 });
  const market = new SyntheticMarket({ seed: 9, bidMean: 0 });
  const hour = (observation: ReturnType<SyntheticMarket['observation']>, n: number) => ({
    ...observation,
    features: Uint32Array.of(0, 1000 + n),
    exchangeFeature: 0,
  });
  for (let n = 0; n < 12; n++) {
    for (let i = 0; i < 2000; i++) trainer.learn(hour(market.observation('always', n < 4 ? -0.5 : 0), n));
  }
  const at = (n: number): number => trainer.winProbability(Uint32Array.of(0, 1000 + n), 0, 2e6);
  t.ok(Math.abs(at(12) - at(8)) < 0.12, `${at(12)} unknown, ${at(8)} known`);
  t.ok(at(2) - at(8) > 0.1, `${at(2)} in a cheap hour`);
});
