// The gate on made-up predictions: what it lets through, and each reason why not.

import t from 'tap';
import { seededRandom } from '../../bidcore/testing/random.js';
import { judge, judgeLosses, LEAST_CLICKS, ratioProblem } from './gate.js';

const N = 20_000;

/** Labels drawn at true rates, and the rates as a model that is off by a factor and some noise would predict them. */
function traffic(seed: number, factor = 1, noise = 0, count = N) {
  const random = seededRandom(seed);
  const truth = Array.from({ length: count }, () => 0.02 + 0.18 * random() ** 2);
  const labels = truth.map((p) => (random() < p ? 1 : 0));
  const predicted = truth.map((p) => Math.min(0.9, p * factor * Math.exp(noise * (random() - 0.5))));
  return { labels, truth, predicted };
}

t.test('a candidate that is as good, or better, passes', async (t) => {
  const { labels, truth } = traffic(1);
  t.match(judge({ labels, candidate: truth, incumbent: truth }, LEAST_CLICKS), { passes: true });
  const { predicted } = traffic(1, 1, 2);
  const better = judge({ labels, candidate: truth, incumbent: predicted }, LEAST_CLICKS);
  t.match(better, {
    passes: true,
    reason: /^log loss 0\.\d+ against 0\.\d+, calibration [\d.]+, on 20000 held-back examples$/,
  });
});

t.test('one that is worse is refused with the difference and its bounds', async (t) => {
  const { labels, truth, predicted } = traffic(2, 1, 2);
  const { passes, reason } = judge({ labels, candidate: predicted, incumbent: truth }, LEAST_CLICKS);
  t.notOk(passes);
  t.match(reason, /^worse than the live model: its loss is higher by 0\.\d+ \(95%: 0\.\d+ to 0\.\d+; /);
});

t.test('one that may be much worse, for all that thin traffic shows, is refused', async (t) => {
  const { labels, truth } = traffic(3, 1, 0, 300);
  const random = seededRandom(4);
  const candidate = truth.map((p) => (random() < 0.5 ? p * 2 : p / 2));
  t.match(judge({ labels, candidate, incumbent: truth }, LEAST_CLICKS), {
    passes: false,
    reason: /not shown to be as good as the live model|worse than the live model/,
  });
});

t.test('one out of calibration is refused, though it is better than what bids', async (t) => {
  const { labels, predicted } = traffic(5, 1.5);
  const incumbent = predicted.map((p) => Math.min(0.95, p * 3));
  t.match(judge({ labels, candidate: predicted, incumbent }, LEAST_CLICKS), {
    passes: false,
    reason: /^out of calibration: .* predicted, \d+ seen, ratio 1\.4\d+|1\.5\d+; /,
  });
});

t.test('right on the whole and wrong everywhere is out of calibration too', async (t) => {
  const { labels } = traffic(6);
  const rate = labels.reduce<number>((sum, label) => sum + label, 0) / N;
  const random = seededRandom(7);
  const spread = labels.map(() => (random() < 0.5 ? rate * 1.7 : rate * 0.3));
  const { passes, reason } = judge({ labels, candidate: spread, incumbent: labels.map(() => 0.6) }, LEAST_CLICKS);
  t.notOk(passes);
  t.match(reason, /^out of calibration: expected calibration error 0\.\d+; 0\.\d+ is allowed$/);
});

t.test('calibration has wider limits for fewer clicks', async (t) => {
  t.equal(ratioProblem(120, 100), undefined);
  t.match(ratioProblem(120_000, 100_000), /ratio 1\.200/);
  t.equal(ratioProblem(9, 10), undefined);
  t.match(ratioProblem(100, 30), /0\.\d+ to 2\.\d+ is allowed/);
});

t.test('too little traffic is refused, with how much there was', async (t) => {
  const { labels, truth } = traffic(8, 1, 0, 150);
  t.match(judge({ labels, candidate: truth, incumbent: truth }, LEAST_CLICKS), {
    passes: false,
    reason: /^too little held-back traffic: 150 examples with \d+ positives; 200 with 10 positives are the least$/,
  });
  t.match(judgeLosses([1], [1], 200), { passes: false, reason: 'too few held-back prices: 1; 200 are the least' });
});

t.test('win prices: a loss that is higher is refused', async (t) => {
  const random = seededRandom(9);
  const losses = Array.from({ length: 2000 }, () => 0.5 + random());
  const higher = losses.map((loss) => loss + 0.1 * random());
  t.match(judgeLosses(higher, losses, 200), { passes: false, reason: /^worse than the live model/ });
  t.match(judgeLosses(losses, higher, 200), { passes: true });
});
