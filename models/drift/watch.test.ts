// What counts as drift, and what does not: impressions of made-up rates, compared within a model and across models.

import t from 'tap';
import { FEATURE_COUNT, packFeatures } from '../../bidcore/feature_list.js';
import { seededRandom } from '../../bidcore/testing/random.js';
import { DriftWatch } from './watch.js';

const AT = '2026-01-07T13:30:00.000Z';

interface Traffic {
  readonly model: number;
  /** Clicks of impressions, and what is predicted. */
  readonly rate?: number;
  readonly predicted?: number;
  readonly price?: number;
}

const random = seededRandom(11);

function see(
  watch: DriftWatch,
  impressions: number,
  { model, rate = 0.1, predicted = rate, price = 1 }: Traffic,
): void {
  for (let i = 0; i < impressions; i++) {
    const features = packFeatures(Uint32Array.from({ length: FEATURE_COUNT }, () => Math.floor(random() * 9)));
    const clicked = random() < rate;
    const spread = 0.8 + 0.4 * random();
    watch.impression(features, model, predicted * spread, price * spread, clicked ? 1 : 0, clicked);
  }
}

function watchAfter(...traffic: readonly Traffic[]): DriftWatch {
  const watch = new DriftWatch();
  for (const part of traffic) {
    see(watch, 4000, part);
    watch.published();
  }
  return watch;
}

t.test('another model with other predictions, prices and better rewards is no drift', async (t) => {
  const watch = watchAfter({ model: 1 }, { model: 2, rate: 0.15, price: 2 });
  t.same(watch.check(2, AT), []);
  see(watch, 4000, { model: 2, rate: 0.15, price: 2 });
  t.same(watch.check(2, AT), []);
});

t.test('one under which rewards fall is', async (t) => {
  t.match(watchAfter({ model: 1 }, { model: 2, rate: 0.05 }).check(2, AT), [
    { test: 'reward', worse: true, version: 2, at: AT, text: /^reward falls: Mann–Whitney p / },
  ]);
});

t.test('rewards that rise under one model are told, and no reason to roll back', async (t) => {
  // Predicted was too little: what comes nearer to the truth is no alert, whatever its size.
  const watch = watchAfter({ model: 1, predicted: 0.2 }, { model: 1, rate: 0.2 });
  t.match(watch.check(1, AT), [{ test: 'reward', worse: false, text: /^reward rises/ }]);
  t.equal(watch.check(1, AT).length, 0, 'once');
  t.equal(watch.alerts['reward'], 1);
});

for (const { test, first, now } of [
  { test: 'price', first: { model: 1 }, now: { model: 1, price: 1.3 } },
  { test: 'prediction', first: { model: 1 }, now: { model: 1, predicted: 0.12 } },
  { test: 'calibration', first: { model: 1 }, now: { model: 1, rate: 0.06, predicted: 0.1 } },
]) {
  t.test(`${test} is compared among impressions of one model`, async (t) => {
    const found = watchAfter(first, now).check(1, AT);
    t.ok(
      found.some((alert) => alert.test === test && alert.worse && alert.version === 1),
      JSON.stringify(found),
    );
    const others = watchAfter(first, { ...now, model: 2 }).check(2, AT);
    t.notOk(others.some((alert) => alert.test === test));
  });
}

t.test('what drifted is told once, though the newest were of both kinds of traffic', async (t) => {
  const watch = watchAfter({ model: 1 }, { model: 1, price: 2, rate: 0.04 });
  see(watch, 4000, { model: 1, price: 2, rate: 0.04 });
  t.ok(watch.check(1, AT).length > 0);
  for (let i = 0; i < 4; i++) {
    see(watch, 3000, { model: 1, price: 2, rate: 0.04 });
    watch.published();
    t.same(watch.check(1, AT), []);
  }
});

t.test('alerts wait until they are settled, in a saved state too', async (t) => {
  const watch = watchAfter({ model: 1 }, { model: 1, price: 2 });
  const found = watch.check(1, AT);
  t.ok(found.length > 0);
  t.same(watch.check(1, AT), []);
  const other = new DriftWatch();
  other.restore(structuredClone(watch.state()));
  t.same(other.pending, found);
  other.settled();
  t.same(other.pending, []);
});
