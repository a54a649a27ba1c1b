// Agents: advantages by hand, truncation against termination, what PPO exports, that each learns, and its callbacks.

import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { CartPole } from '../environments/cart_pole.js';
import type { Environment, Start, Step } from '../environments/environment.js';
import { Pendulum } from '../environments/pendulum.js';
import { Box, Discrete } from '../environments/spaces.js';
import { Random } from '../random.js';
import { ActionRange } from './action_range.js';
import { checkpoints, Evaluator, progress } from './callbacks.js';
import { Dqn } from './dqn.js';
import { evaluate } from './evaluation.js';
import { Normaliser } from './normaliser.js';
import { type ExportedActor, Ppo } from './ppo.js';
import { Rollout } from './rollout.js';
import { Sac } from './sac.js';
import { Td3 } from './td3.js';
import { train } from './training.js';

const near = (a: number, b: number, within = 1e-5): boolean => Math.abs(a - b) <= within;

t.test('advantages are the discounted sums of errors, and stop where an episode does', async (t) => {
  const [steps, count, discount, lambda] = [6, 2, 0.9, 0.8];
  const rollout = new Rollout(steps, count, 1, 1);
  const random = new Random(1);
  for (let at = 0; at < rollout.rows; at++) {
    rollout.values[at] = random.normal();
    rollout.rewards[at] = random.normal();
  }
  rollout.ended[2 * count + 1] = 1;
  const next = Float32Array.of(0.5, -0.7);
  rollout.estimate(next, discount, lambda);
  for (let i = 0; i < count; i++) {
    const value = (s: number): number => (s === steps ? next[i] : rollout.values[s * count + i]) as number;
    for (let s = 0; s < steps; s++) {
      let sum = 0;
      for (let k = s; k < steps; k++) {
        const ended = rollout.ended[k * count + i] === 1;
        const error = (rollout.rewards[k * count + i] as number) + (ended ? 0 : discount * value(k + 1)) - value(k);
        sum += (discount * lambda) ** (k - s) * error;
        if (ended) break;
      }
      t.ok(near(rollout.advantages[s * count + i] as number, sum));
      t.ok(near(rollout.returns[s * count + i] as number, sum + value(s)));
    }
  }
});

/** Pays 1 a step, and ends each episode after one: the one thing to learn is what follows. */
class OneStep implements Environment {
  readonly observationSpace = new Box([-1], [1]);
  readonly actionSpace;
  readonly #ends: 'terminated' | 'truncated';

  constructor(ends: 'terminated' | 'truncated', actions: Box | Discrete) {
    this.#ends = ends;
    this.actionSpace = actions;
  }

  reset(): Start {
    return { observation: Float32Array.of(1), info: {} };
  }

  step(): Step {
    const ends = { terminated: this.#ends === 'terminated', truncated: this.#ends === 'truncated' };
    return { observation: Float32Array.of(1), reward: 1, ...ends, info: {} };
  }
}

t.test('what was cut off goes on in the value, what terminated does not: 1 / (1 − γ) against 1', async (t) => {
  const small = { warmupSteps: 16, minibatch: 16, hidden: [16], discount: 0.5, learningRate: 1e-2 };
  const box = new Box([-1], [1]);
  for (const [ends, value] of [
    ['terminated', 1],
    ['truncated', 2],
  ] as const) {
    const dqn = new Dqn(() => new OneStep(ends, new Discrete(1)), 1, 4000, { ...small, targetEvery: 10 });
    const td3 = new Td3(() => new OneStep(ends, box), 1, 4000, { ...small, targetShare: 0.1 });
    for (const agent of [dqn, td3]) {
      let worth = 0;
      for (let n = 0; n < 800; n++) worth = agent.learn().figures['value'] ?? worth;
      t.ok(near(worth, value, 0.1), `${ends}: ${worth}`);
    }
    const sac = new Sac(() => new OneStep(ends, box), 1, 4000, { ...small, temperature: 1e-6, learningRate: 3e-3 });
    const ppo = new Ppo(() => new OneStep(ends, new Discrete(2)), 1, 1e6, {
      ...{ rolloutSteps: 16, environments: 1, minibatch: 16, discount: 0.5, learningRate: 1e-2, scaleRewards: false },
    });
    let [sacValue, ppoValue] = [0, 0];
    for (let n = 0; n < 800; n++) sacValue = -(sac.learn().figures['actor_loss'] ?? 0);
    for (let n = 0; n < 60; n++) ppoValue = ppo.learn().figures['value'] ?? 0;
    t.ok(near(sacValue, value, 0.2), `${ends}: ${sacValue}`);
    t.ok(near(ppoValue, value, 0.1), `${ends}: ${ppoValue}`);
  }
});

/** The action of an exported actor, by loops. */
function run(actor: ExportedActor, observation: Float32Array): number[] {
  let row = [...observation].map((x, i) => {
    const scaled = (x - (actor.mean[i] as number)) * (actor.scale[i] as number);
    return Math.max(-actor.inputMax, Math.min(actor.inputMax, scaled));
  });
  for (const { outputs, activation, weights, biases } of actor.layers) {
    row = Array.from({ length: outputs }, (_, o) => {
      const sum = row.reduce((total, x, i) => total + x * (weights[i * outputs + o] as number), biases[o] as number);
      if (activation === 'relu') return Math.max(0, sum);
      return activation === 'tanh' ? Math.tanh(sum) : sum;
    });
  }
  return row;
}

t.test('an exported actor acts as the agent does, with and without normalised observations', async (t) => {
  for (const activation of ['relu', 'tanh'] as const) {
    for (const normaliseObservations of [true, false]) {
      const options = { activation, normaliseObservations, rolloutSteps: 200, environments: 2, logDeviation: -0.5 };
      const agent = new Ppo(() => new Pendulum(), 2, 800, options);
      await train(agent, 800, []);
      const actor = agent.exportActor();
      const box = new Pendulum().observationSpace;
      const random = new Random(4);
      for (let n = 0; n < 50; n++) {
        const observation = box.sample(random);
        const output = run(actor, observation)[0] as number;
        const action = Math.max(-2, Math.min(2, (actor.centre[0] as number) + (actor.half[0] as number) * output));
        t.ok(near((agent.act(observation, true) as Float32Array)[0] as number, action, 1e-4));
      }
      t.equal(actor.scale[0] === 1, !normaliseObservations);
      t.equal(actor.logDeviation.length, 1);
    }
  }
});

t.test('actions are mapped to a bounded box, and held within one that is not', async (t) => {
  const actions = new Float32Array(2);
  new ActionRange(new Box([0, -2], [1, 4])).toSpace(Float32Array.of(-1, 3), 1, actions);
  t.same([...actions], [0, 4]);
  new ActionRange(new Box([0, -2], [Infinity, 4])).toSpace(Float32Array.of(-1, 3), 1, actions);
  t.same([...actions], [0, 3]);
  const wide = (): Environment => new OneStep('truncated', new Box([0], [Infinity]));
  t.throws(() => new Sac(wide, 1, 100), RangeError);
  t.throws(() => new Td3(wide, 1, 100), RangeError);
  t.throws(() => new Dqn(wide, 1, 100), RangeError);
});

t.test('a normaliser knows mean and deviation of what it counted', async (t) => {
  const normaliser = new Normaliser(2);
  normaliser.count([1, 10, 2, 30, 6, 50], 3);
  t.ok(near(normaliser.mean(0), 3) && near(normaliser.mean(1), 30));
  t.ok(near(normaliser.scale(0), 1 / Math.sqrt(14 / 3)) && near(normaliser.scale(1), 1 / Math.sqrt(800 / 3)));
  const rows = Float32Array.of(3, 1e9);
  normaliser.normalise(rows, 1, rows);
  t.same([...rows], [0, 10]);
});

const QUICK = {
  ...{ rolloutSteps: 32, minibatch: 64, epochs: 10, discount: 0.98, lambda: 0.8, learningRate: 2e-3 },
  ...{ normaliseObservations: false, scaleRewards: false, hidden: [32, 32] },
};

t.test('PPO learns to balance, is evaluated on the way, kept at its best, and stops when told to', async (t) => {
  const folder = t.testdir();
  const make = (): CartPole => new CartPole();
  const seen: number[] = [];
  const evaluator = new Evaluator({
    ...{ makeEnvironment: make, every: 1000, episodes: 5, seed: 9, stopAt: 150 },
    evaluated: ({ mean, returns }) => {
      seen.push(mean);
      t.equal(returns.length, 5);
    },
  });
  const lines: string[] = [];
  const agent = new Ppo(make, 1, 40_000, QUICK);
  const before = evaluate(agent, make, 20, 7);
  const callbacks = [evaluator.callback, checkpoints(folder, 'a.state', 2000), progress((line) => lines.push(line))];
  t.equal(await train(agent, 40_000, callbacks), 'callback', 'before its steps are done');
  t.ok((seen.at(-1) as number) >= 150);
  const after = evaluate(agent, make, 20, 7);
  t.ok(before.mean < 60 && after.mean > 120, `${before.mean}, then ${after.mean}`);
  t.same(evaluate(agent, make, 20, 7), after, 'evaluations are repeatable');
  t.equal(evaluator.best?.mean, Math.max(...seen));
  t.same(readdirSync(folder), ['a.state']);
  const other = new Ppo(make, 5, 40_000, QUICK);
  t.equal(other.restore(readFileSync(`${folder}/a.state`)), undefined);
  t.ok(other.steps >= 2000 && other.steps <= agent.steps);
});

t.test('training ends within its steps, or after evaluations without a better one', async (t) => {
  const make = (): Pendulum => new Pendulum();
  const agent = new Ppo(make, 1, 1000, { rolloutSteps: 50 });
  await train(agent, 1000, []);
  t.equal(agent.steps, 800, 'two rounds of 8 × 50; a third does not fit');
  const short = new Ppo(make, 1, 100, { rolloutSteps: 50 });
  await train(short, 100, []);
  t.equal(short.steps, 96, 'a rollout is never longer than all steps');
  let evaluations = 0;
  const evaluator = new Evaluator({
    ...{
      makeEnvironment: () => new OneStep('truncated', new Discrete(2)),
      every: 64,
      episodes: 2,
      seed: 1,
      patience: 3,
    },
    evaluated: () => evaluations++,
  });
  const even = new Ppo(() => new OneStep('truncated', new Discrete(2)), 1, 10_000, { rolloutSteps: 8 });
  t.equal(await train(even, 10_000, [evaluator.callback]), 'callback');
  t.equal(evaluations, 4, 'the first is the best; three do not better it');
  t.equal(evaluator.best?.steps, 256, 'the latest of the best');
});
