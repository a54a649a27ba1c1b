// Every derivative against finite differences: layers, heads and losses.

import t from 'tap';
import { Random } from '../random.js';
import { Categorical, DiagonalGaussian, type PolicyHead } from './heads.js';
import { WasmKernels } from './kernels.js';
import { chosenHuberLoss, ppoPolicyLoss, softActorLoss, squaredLoss, valueLoss } from './losses.js';
import { ACTIVATIONS, Network, parameterCount, type Shape } from './network.js';
import { Parameters } from './parameters.js';
import { SquashedGaussian } from './squashed_gaussian.js';

const ROWS = 5;

type Tap = Pick<typeof t, 'ok'>;

/** Compares `gradient` with central differences of `loss` as it depends on each of the `numbers`. */
function check(
  t: Tap,
  name: string,
  numbers: Float32Array,
  gradient: ArrayLike<number>,
  loss: () => number,
  step = 1e-3,
): void {
  let [worst, largest] = [0, 0];
  numbers.forEach((value, i) => {
    numbers[i] = value + step;
    const [above, up] = [loss(), numbers[i] as number];
    numbers[i] = value - step;
    const [below, down] = [loss(), numbers[i] as number];
    numbers[i] = value;
    worst = Math.max(worst, Math.abs((above - below) / (up - down) - (gradient[i] as number)));
    largest = Math.max(largest, Math.abs(gradient[i] as number));
  });
  t.ok(worst < 2e-3 * Math.max(largest, 0.1), `${name}: ${worst} off, of ${largest} at most`);
}

function drawn(random: Random, count: number, spread = 1): Float32Array {
  return Float32Array.from({ length: count }, () => random.uniform(-spread, spread));
}

t.test('networks: weights, biases and inputs, through every activation', async (t) => {
  for (const hidden of ACTIVATIONS) {
    for (const output of ACTIVATIONS) {
      const random = new Random(3);
      const shape: Shape = { sizes: [3, 9, 6, 2], hidden, output };
      const kernels = new WasmKernels();
      const parameters = new Parameters(kernels, parameterCount(shape));
      const network = new Network(kernels, shape, ROWS + 2, parameters);
      network.initialiseUniform(random);
      network.input.set(drawn(random, ROWS * 3));
      const weights = drawn(random, ROWS * 2);
      const loss = (): number => {
        const out = network.forward(ROWS);
        return weights.reduce((sum, weight, i) => sum + weight * (out[i] as number), 0);
      };
      loss();
      network.outputGradient.set(weights);
      network.backward(ROWS, 'both');
      const name = `${hidden}, ${output} last`;
      check(t, `${name}: parameters`, parameters.values, parameters.gradients.slice(), loss);
      check(t, `${name}: input`, network.input.subarray(0, ROWS * 3), network.inputGradient.slice(), loss);
      const before = parameters.gradients.slice();
      loss();
      network.outputGradient.set(weights);
      network.backward(ROWS, 'input');
      t.same(parameters.gradients, before, 'the input alone leaves gradients of parameters');
      loss();
      network.outputGradient.set(weights);
      network.backward(ROWS, 'parameters');
      t.ok(
        before.every((value, i) => Math.abs((parameters.gradients[i] as number) - 2 * value) < 1e-4),
        'gradients add up',
      );
    }
  }
});

t.test('heads of PPO: log probability and entropy, by outputs and own parameters', async (t) => {
  const random = new Random(5);
  const own = { values: drawn(random, 3), gradients: new Float32Array(3) };
  const heads: Readonly<Record<string, PolicyHead>> = {
    categorical: new Categorical(4),
    gaussian: new DiagonalGaussian(own),
  };
  for (const [name, head] of Object.entries(heads)) {
    const outputs = drawn(random, ROWS * head.outputs);
    const actions = new Float32Array(ROWS * head.actionSize);
    head.sample(outputs, ROWS, random, actions);
    const [byLog, byEntropy] = [drawn(random, ROWS), drawn(random, ROWS)];
    const [logs, entropies] = [new Float64Array(ROWS), new Float64Array(ROWS)] as unknown as Float32Array[];
    const loss = (): number => {
      head.evaluate(outputs, actions, ROWS, logs as Float32Array, entropies as Float32Array);
      return byLog.reduce((sum, weight, i) => {
        return sum + weight * (logs?.[i] as number) + (byEntropy[i] as number) * (entropies?.[i] as number);
      }, 0);
    };
    const gradient = new Float32Array(outputs.length);
    head.backward(outputs, actions, ROWS, byLog, byEntropy, gradient);
    check(t, name, outputs, gradient, loss);
    if (name === 'gaussian') check(t, 'deviations', own.values, own.gradients, loss);
  }
});

t.test('the head of SAC: drawn actions and their log probabilities', async (t) => {
  const [size, seed] = [2, 11];
  const head = new SquashedGaussian(size, ROWS);
  const outputs = drawn(new Random(seed), ROWS * head.outputs);
  const [byAction, byLog] = [drawn(new Random(1), ROWS * size), drawn(new Random(2), ROWS)];
  const [actions, logs] = [new Float64Array(ROWS * size), new Float64Array(ROWS)] as unknown as Float32Array[];
  const loss = (): number => {
    head.sample(outputs, ROWS, new Random(seed), actions as Float32Array, logs as Float32Array);
    const ofActions = byAction.reduce((sum, weight, i) => sum + weight * (actions?.[i] as number), 0);
    return byLog.reduce((sum, weight, i) => sum + weight * (logs?.[i] as number), ofActions);
  };
  loss();
  const gradient = new Float32Array(outputs.length);
  head.backward(outputs, actions as Float32Array, ROWS, byAction, byLog, gradient);
  check(t, 'squashed', outputs, gradient, loss);
});

t.test('losses', async (t) => {
  const random = new Random(13);
  const gradient = new Float32Array(ROWS * 3);
  const advantages = Float32Array.of(1, -1, 2, -0.5, 0.3);
  // Ratios inside, above and below the clip range, with advantages of both signs.
  const old = Float32Array.of(-1, -1, -1, -1, -1);
  const logs = Float32Array.of(-1.05, -0.5, -0.4, -1.9, -1.8);
  const [entropies, byLog, byEntropy] = [drawn(random, ROWS), new Float32Array(ROWS), new Float32Array(ROWS)];
  const rows = { oldLogProbabilities: old, logProbabilities: logs, entropies, advantages };
  const ppo = (): number => ppoPolicyLoss(rows, ROWS, 0.2, 0.01, byLog, byEntropy).loss;
  ppo();
  t.equal(byLog.filter((value) => value === 0).length, 2, 'two are clipped');
  check(t, 'PPO by log probability', logs, byLog.slice(), ppo);
  check(t, 'PPO by entropy', entropies, byEntropy.slice(), ppo);

  const [values, returns] = [Float32Array.of(0.1, 0.9, -0.9, 0.5, 0), Float32Array.of(1, 0, 0.1, 0.45, -1)];
  const before = new Float32Array(ROWS);
  for (const clip of [undefined, 0.2]) {
    const loss = (): number => valueLoss(values, before, returns, ROWS, 0.5, clip, gradient);
    loss();
    check(t, `value, clipped at ${clip}`, values, gradient.slice(), loss);
  }

  const squared = (): number => squaredLoss(values, returns, ROWS, gradient);
  squared();
  check(t, 'squared', values, gradient.slice(), squared);

  const [table, chosen, targets] = [drawn(random, ROWS * 3, 3), Float32Array.of(0, 1, 2, 1, 0), drawn(random, ROWS, 3)];
  const huber = (): number => chosenHuberLoss(table, 3, chosen, targets, ROWS, gradient);
  huber();
  check(t, 'Huber', table, gradient.slice(), huber);

  const [first, second, byFirst, bySecond] = [drawn(random, ROWS), drawn(random, ROWS), before.slice(), before.slice()];
  const soft = (): number => softActorLoss(0.3, logs, first, second, ROWS, byLog, byFirst, bySecond);
  soft();
  check(t, 'SAC by log probability', logs, byLog.slice(), soft);
  check(t, 'SAC by the first critic', first, byFirst.slice(), soft);
  check(t, 'SAC by the second', second, bySecond.slice(), soft);
});
