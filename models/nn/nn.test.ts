// First weights, distributions and optimiser against their definitions.

import t from 'tap';
import { Random } from '../random.js';
import { Adam } from './adam.js';
import { Categorical, DiagonalGaussian } from './heads.js';
import { orthogonal } from './initialise.js';
import { WasmKernels } from './kernels.js';
import { Parameters } from './parameters.js';
import { SquashedGaussian } from './squashed_gaussian.js';

const near = (a: number, b: number, within: number): boolean => Math.abs(a - b) <= within;

t.test('orthogonal weights are, with the gain as their length', async (t) => {
  for (const [rows, columns] of [
    [4, 7],
    [7, 4],
  ] as const) {
    const weights = new Float32Array(28);
    orthogonal(weights, rows, columns, 3, new Random(1));
    const count = Math.min(rows, columns);
    const at = (v: number, i: number): number => weights[rows < columns ? v * columns + i : i * columns + v] as number;
    for (let a = 0; a < count; a++) {
      for (let b = 0; b < count; b++) {
        let product = 0;
        for (let i = 0; i < 7; i++) product += at(a, i) * at(b, i);
        t.ok(near(product, a === b ? 9 : 0, 1e-4));
      }
    }
  }
});

t.test('a categorical draws by its probabilities, and knows its entropy', async (t) => {
  const head = new Categorical(3);
  const outputs = Float32Array.from([0.5, 0.25, 0.25].map((p) => Math.log(p) + 7));
  const counts = [0, 0, 0];
  const [action, log, entropy, random] = [new Float32Array(1), new Float32Array(1), new Float32Array(1), new Random(3)];
  for (let n = 0; n < 10_000; n++) {
    head.sample(outputs, 1, random, action);
    counts[action[0] as number] = (counts[action[0] as number] as number) + 1;
  }
  t.ok(near(counts[0] as number, 5000, 250) && near(counts[2] as number, 2500, 220), `${counts}`);
  head.mode(outputs, 1, action);
  head.evaluate(outputs, action, 1, log, entropy);
  t.ok(near(log[0] as number, Math.log(0.5), 1e-6) && near(entropy[0] as number, 1.5 * Math.LN2, 1e-6));
});

t.test('a Gaussian draws with its mean and deviation; its density is the formula', async (t) => {
  const own = { values: Float32Array.of(Math.log(2)), gradients: new Float32Array(1) };
  const head = new DiagonalGaussian(own);
  const outputs = new Float32Array(20_000).fill(3);
  const actions = new Float32Array(20_000);
  head.sample(outputs, 20_000, new Random(4), actions);
  const mean = actions.reduce((sum, x) => sum + x, 0) / 20_000;
  const variance = actions.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 20_000;
  t.ok(near(mean, 3, 0.06) && near(variance, 4, 0.16), `${mean} ${variance}`);
  const [log, entropy] = [new Float32Array(1), new Float32Array(1)];
  head.evaluate(Float32Array.of(3), Float32Array.of(5), 1, log, entropy);
  t.ok(near(log[0] as number, Math.log(Math.exp(-0.5) / Math.sqrt(2 * Math.PI * 4)), 1e-6));
  t.ok(near(entropy[0] as number, 0.5 * Math.log(2 * Math.PI * Math.E * 4), 1e-6));
});

t.test('the density of a squashed Gaussian sums to 1 over the actions', async (t) => {
  // Means of 1/density over draws are the width of what is drawn from: the whole of −1 to 1.
  const head = new SquashedGaussian(1, 20_000);
  const outputs = new Float32Array(40_000);
  for (let row = 0; row < 20_000; row++) outputs.set([0.2, 0.3], row * 2);
  const [actions, logs] = [new Float32Array(20_000), new Float32Array(20_000)];
  head.sample(outputs, 20_000, new Random(5), actions, logs);
  const inner = actions.map((action, i) => (Math.abs(action) < 0.8 ? Math.exp(-(logs[i] as number)) : 0));
  const width = inner.reduce((sum, value) => sum + value, 0) / 20_000;
  t.ok(near(width, 1.6, 0.06), `${width}`);
  head.mode(outputs, 1, actions);
  t.ok(near(actions[0] as number, Math.tanh(0.2), 1e-6));
});

t.test('Adam takes the steps its paper says, clipped and decayed', async (t) => {
  const kernels = new WasmKernels();
  const parameters = new Parameters(kernels, 2);
  const adam = new Adam(kernels, parameters, { normMax: 2.5, weightDecay: 0.1 });
  parameters.values.set([1, -1]);
  const [weights, first, second] = [
    [1, -1],
    [0, 0],
    [0, 0],
  ] as [number[], number[], number[]];
  for (let step = 1; step <= 5; step++) {
    const gradients = [3 * step, 4 * step];
    parameters.gradients.set(gradients);
    t.ok(near(adam.step(0.01), 5 * step, 1e-4), 'the norm before clipping');
    t.same([...parameters.gradients], [0, 0]);
    for (let i = 0; i < 2; i++) {
      const g = (gradients[i] as number) * Math.min(1, 2.5 / (5 * step));
      first[i] = 0.9 * (first[i] as number) + 0.1 * g;
      second[i] = 0.999 * (second[i] as number) + 0.001 * g * g;
      const [m, v] = [(first[i] as number) / (1 - 0.9 ** step), (second[i] as number) / (1 - 0.999 ** step)];
      weights[i] = (weights[i] as number) * (1 - 0.001) - (0.01 * m) / (Math.sqrt(v) + 1e-8);
      t.ok(near(parameters.values[i] as number, weights[i] as number, 1e-5));
    }
  }
});
