// Metrics: by hand on a few examples, and against the definition on many.

import t from 'tap';
import { seededRandom } from '../../bidcore/testing/random.js';
import { auc, calibrationRatio, ece, logLoss, normalisedEntropy } from './metrics.js';

const near = (a: number, b: number, within = 1e-12): boolean => Math.abs(a - b) <= within;

t.test('four examples by hand', async (t) => {
  const labels = [0, 1, 0, 1];
  const predictions = [0.1, 0.4, 0.5, 0.8];
  t.equal(auc(predictions, labels), 0.75, 'three of four pairs are in order');
  const loss = -(Math.log(0.9) + Math.log(0.4) + Math.log(0.5) + Math.log(0.8)) / 4;
  t.ok(near(logLoss(predictions, labels), loss));
  t.ok(near(normalisedEntropy(predictions, labels), loss / Math.LN2), 'half of them are positive: ln 2');
  t.ok(near(calibrationRatio(predictions, labels), 0.9), '1.8 predicted, 2 seen');
  // Two bins: 0.5 predicted and 1 seen, then 1.3 and 1.
  t.ok(near(ece(predictions, labels, 2), (0.5 + 0.3) / 4));
  t.ok(near(ece(predictions, labels, 1), 0.2 / 4));
  t.ok(near(ece(predictions, labels), (0.1 + 0.6 + 0.5 + 0.2) / 4), 'more bins than examples: one each');
});

t.test('tied predictions count half, and are one bin', async (t) => {
  t.equal(auc([0.3, 0.3, 0.3], [0, 1, 0]), 0.5);
  t.equal(auc([0.2, 0.5, 0.5, 0.7], [0, 0, 1, 1]), 3.5 / 4);
  t.equal(auc([0.9, 0.1], [0, 1]), 0);
  t.ok(near(ece([0.25, 0.25, 0.25, 0.25], [1, 0, 0, 0]), 0), 'they are right together');
});

t.test('what the examples cannot give is NaN', async (t) => {
  t.same(
    [auc([0.5], [1]), auc([], []), logLoss([], []), ece([], [])],
    [Number.NaN, Number.NaN, Number.NaN, Number.NaN],
  );
  t.same([calibrationRatio([0.5], [0]), normalisedEntropy([0.5], [0])], [Number.NaN, Number.NaN]);
  t.throws(() => auc([0.5], []), /1 predictions of 0 examples/);
});

t.test('a certain mistake costs much, not infinity', async (t) => {
  t.ok(near(logLoss([0], [1]), -Math.log(1e-12)));
  t.ok(near(logLoss([1], [0]), -Math.log(1e-12), 1e-3));
});

t.test('on a thousand random examples they are what their definitions say', async (t) => {
  const random = seededRandom(4);
  // Rounded, so that many are tied.
  const predictions = Float32Array.from({ length: 1000 }, () => Math.round(random() * 50) / 50);
  const labels = Uint8Array.from(predictions, (p) => (random() < 0.2 + 0.5 * p ? 1 : 0));
  let pairs = 0;
  let ordered = 0;
  for (let i = 0; i < 1000; i++) {
    for (let j = 0; j < 1000; j++) {
      if (labels[i] !== 1 || labels[j] !== 0) continue;
      const [high, low] = [predictions[i] as number, predictions[j] as number];
      pairs++;
      ordered += high > low ? 1 : high === low ? 0.5 : 0;
    }
  }
  t.ok(near(auc(predictions, labels), ordered / pairs));
  const clicks = labels.reduce((sum, label) => sum + label, 0);
  t.ok(near(calibrationRatio(predictions, labels), predictions.reduce((sum, p) => sum + p, 0) / clicks, 1e-4));
  t.ok(
    near(
      normalisedEntropy(
        Array.from(labels, () => clicks / 1000),
        labels,
      ),
      1,
      1e-9,
    ),
    'the rate itself gives 1',
  );
  // With as many bins as distinct predictions, or more, the bins are those predictions.
  const byPrediction = new Map<number, number>();
  for (const [i, p] of predictions.entries()) {
    byPrediction.set(p, (byPrediction.get(p) ?? 0) + p - (labels[i] as number));
  }
  const error = [...byPrediction.values()].reduce((sum, excess) => sum + Math.abs(excess), 0) / 1000;
  t.ok(near(ece(predictions, labels, 1000), error, 1e-9));
});
