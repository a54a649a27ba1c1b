// The gate lets a better model pass and tells with numbers why another may not.

import t from 'tap';
import * as l from '../../assembly/model_layout.js';
import { seededRandom } from '../../bidcore/testing/random.js';
import { seedModel } from '../seed_model.js';
import { evaluate } from './evaluation.js';
import { judge, judgeLosses, LEAST_CLICKS } from './gate.js';
import { HeldBack } from './held_back.js';

/** Examples with known rates, what is predicted for each by who knows them, and by who knows only their mean. */
function examples(n: number, seed: number): { labels: number[]; truth: number[]; mean: number[] } {
  const random = seededRandom(seed);
  const truth = Array.from({ length: n }, () => 0.02 + 0.2 * random() ** 2);
  const labels = truth.map((rate) => (random() < rate ? 1 : 0));
  const mean = truth.reduce((total, rate) => total + rate, 0) / n;
  return { labels, truth, mean: truth.map(() => mean) };
}

t.test('a candidate that predicts better passes', async (t) => {
  const { labels, truth, mean } = examples(5000, 1);
  t.match(judge({ labels, candidate: truth, incumbent: mean }, LEAST_CLICKS), {
    passes: true,
    reason: /^log loss 0\.\d+ against 0\.\d+, calibration (0\.9|1)\S*, on 5000 held-back examples$/,
  });
});

t.test('one that is as good passes: models of the same weights follow each other', async (t) => {
  const { labels, truth } = examples(500, 2);
  t.ok(judge({ labels, candidate: truth, incumbent: truth }, LEAST_CLICKS).passes);
});

t.test('one that predicts worse does not', async (t) => {
  const { labels, truth, mean } = examples(5000, 3);
  t.match(judge({ labels, candidate: mean, incumbent: truth }, LEAST_CLICKS), {
    passes: false,
    reason: /^worse than the live model: its loss is higher by 0\.0/,
  });
});

t.test('nor one that seems worse where the traffic is too thin to say by how much', async (t) => {
  const { labels, truth } = examples(250, 4);
  const random = seededRandom(5);
  const noisy = truth.map((rate) => rate * Math.exp(1.2 * (random() - 0.5)));
  t.match(judge({ labels, candidate: noisy, incumbent: truth }, LEAST_CLICKS), {
    passes: false,
    reason: /^not shown to be as good as the live model/,
  });
});

t.test('one that is out of calibration does not, even if it is better than the live model', async (t) => {
  const { labels, truth } = examples(20_000, 6);
  const high = truth.map((rate) => rate * 1.4);
  const higher = truth.map((rate) => rate * 2);
  t.match(judge({ labels, candidate: high, incumbent: higher }, LEAST_CLICKS), {
    passes: false,
    reason: /^out of calibration: \d+\S* predicted, \d+ seen, ratio 1\.\d+; 0\.\d+ to 1\.\d+ is allowed/,
  });
});

t.test('nor one whose total is right and whose parts are not', async (t) => {
  const { labels, truth, mean } = examples(20_000, 7);
  const turned = truth.map((rate, i) => Math.max(0.001, 2 * (mean[i] as number) - rate));
  const worst = truth.map(() => 0.6);
  t.match(judge({ labels, candidate: turned, incumbent: worst }, LEAST_CLICKS), {
    passes: false,
    reason: /^out of calibration: expected calibration error/,
  });
});

t.test('too little says nothing', async (t) => {
  const { labels, truth } = examples(199, 8);
  t.match(judge({ labels, candidate: truth, incumbent: truth }, LEAST_CLICKS), {
    passes: false,
    reason: /^too little held-back traffic: 199 examples with \d+ positives; 200 with 10 positives are the least$/,
  });
});

t.test('prices are judged by their losses', async (t) => {
  const random = seededRandom(9);
  const losses = Array.from({ length: 1000 }, () => 1 + random());
  const higher = losses.map((loss) => loss + 0.1 * random());
  t.match(judgeLosses(losses, higher, 200), { passes: true });
  t.match(judgeLosses(higher, losses, 200), { passes: false, reason: /^worse than the live model/ });
  t.match(judgeLosses(losses.slice(0, 100), losses.slice(0, 100), 200), { passes: false, reason: /^too few/ });
});

t.test('figures that are no numbers are left out of what the registry keeps', async (t) => {
  const held = new HeldBack();
  const features = new Uint32Array(20);
  for (let i = 0; i < 200; i++) {
    held.price({ features, exchangeFeature: 0, bidMicros: 1_000_000, outcome: 'below', priceMicros: 0 });
  }
  const broken = seedModel(1);
  const table = l.MODEL_LANDSCAPE + l.LANDSCAPE_WIN;
  broken.fill(0xff, table, table + l.LANDSCAPE_TABLE_BYTES); // no number, in any format
  const { verdict, metrics } = evaluate(broken, seedModel(1), held);
  t.notOk(verdict.passes);
  t.match(metrics.candidate, { prices: 200 });
  t.notOk('price_nll' in metrics.candidate);
  t.ok('price_nll' in metrics.incumbent);
  for (const figures of Object.values(metrics)) t.ok(Object.values(figures).every(Number.isFinite));
});
