// Environments: their physics by hand, their ends, and that a seed settles everything.

import t from 'tap';
import { Random } from '../random.js';
import { BidEnvironment } from './bid/bid_environment.js';
import { syntheticTask } from './bid/synthetic_task.js';
import { makeBudget } from './budget/budget.js';
import { makeCampaign } from './campaign.js';
import { CartPole } from './cart_pole.js';
import type { Action, Environment, MakeEnvironment } from './environment.js';
import { makeExchanges } from './exchanges.js';
import { Pendulum } from './pendulum.js';
import { ValueReward } from './rewards/value.js';
import { Box, Discrete } from './spaces.js';
import { VectorEnvironment } from './vector.js';

const ENVIRONMENTS: Readonly<Record<string, MakeEnvironment>> = {
  cartpole: () => new CartPole(),
  pendulum: () => new Pendulum(),
  budget: makeBudget({ auctions: 40 }),
  campaign: makeCampaign({ auctions: 40 }),
  exchanges: makeExchanges({ auctions: 40 }),
  bid: () => new BidEnvironment(syntheticTask),
  'bid by value': () => new BidEnvironment(syntheticTask, new ValueReward()),
};

const near = (a: number, b: number, within = 1e-6): boolean => Math.abs(a - b) <= within;

t.test('spaces sample what they contain', async (t) => {
  const random = new Random(1);
  const box = new Box([-1, 0, -Infinity, -Infinity], [1, Infinity, 3, Infinity]);
  const discrete = new Discrete(3);
  const seen = new Set<number>();
  let outside = 0;
  for (let n = 0; n < 1000; n++) {
    outside += Number(!box.contains(box.sample(random)));
    seen.add(discrete.sample(random));
  }
  t.equal(outside, 0);
  t.same([...seen].sort(), [0, 1, 2]);
  t.notOk(box.contains(Float32Array.of(0, -1, 0, 0)));
  t.notOk(box.contains(Float32Array.of(0, 0, 0)));
  t.notOk(box.contains(Float32Array.of(Number.NaN, 0, 0, 0)));
  for (const value of [-1, 3, 0.5, Float32Array.of(0)]) t.notOk(discrete.contains(value));
  t.throws(() => new Box([1], [0]), RangeError);
});

t.test('a first push of the cart, by the equations for a pole at rest', async (t) => {
  const cart = new CartPole();
  const [x, v, angle, spin] = [...cart.reset(7).observation] as [number, number, number, number];
  const after = [...cart.step(1).observation] as [number, number, number, number];
  // With the angle near 0: sin = angle, cos = 1, and no centrifugal term; the pole's end lags behind the push.
  const push = 10 / 1.1;
  const turn = (9.8 * angle - push) / (0.5 * (4 / 3 - 0.1 / 1.1));
  const expected = [x + 0.02 * v, v + 0.02 * (push - (0.05 * turn) / 1.1), angle + 0.02 * spin, spin + 0.02 * turn];
  expected.forEach((value, i) => {
    t.ok(near(after[i] as number, value, 1e-3), `${after[i]} is ${value}`);
  });
  t.ok([x, v, angle, spin].every((value) => Math.abs(value) <= 0.05));
});

t.test('a cart pushed one way falls within ten or eleven steps; one balanced is cut off at 500', async (t) => {
  const cart = new CartPole();
  for (let seed = 0; seed < 50; seed++) {
    cart.reset(seed);
    let steps = 1;
    let step = cart.step(0);
    for (; !step.terminated; steps++) step = cart.step(0);
    t.ok(steps >= 8 && steps <= 11, `${steps} steps`);
    t.notOk(step.truncated);
    t.throws(() => cart.step(0), /reset/);
  }
  let { observation } = cart.reset(1);
  for (let n = 1; n <= 500; n++) {
    // Push to where the pole is falling, with a little against the drift.
    const [x, v, angle, spin] = observation as unknown as [number, number, number, number];
    const step = cart.step(angle + 0.5 * spin + 0.02 * x + 0.05 * v > 0 ? 1 : 0);
    observation = step.observation;
    if (step.terminated || step.truncated !== (n === 500)) t.fail(`ended after ${n} steps`);
  }
  t.throws(() => cart.step(0), /reset/);
});

t.test('a pendulum swings as its equation says, costs what it says, and is cut off at 200', async (t) => {
  const pendulum = new Pendulum();
  const start = [...pendulum.reset(3).observation] as [number, number, number];
  let angle = Math.atan2(start[1], start[0]);
  let spin = start[2];
  for (let n = 1; n <= 200; n++) {
    const torque = Math.fround(2 * Math.sin(n));
    const step = pendulum.step(Float32Array.of(torque));
    const tilt = Math.atan2(Math.sin(angle), Math.cos(angle));
    const cost = tilt * tilt + 0.1 * spin * spin + 0.001 * torque * torque;
    spin = Math.max(-8, Math.min(8, spin + 0.05 * (15 * Math.sin(angle) + 3 * torque)));
    angle += 0.05 * spin;
    const right = near(step.reward, -cost, 1e-2) && near(step.observation[0] as number, Math.cos(angle), 1e-3);
    if (!right || !near(step.observation[2] as number, spin, 1e-2)) t.fail(`another swing at step ${n}`);
    if (step.truncated !== (n === 200)) t.fail(`cut off after ${n} steps`);
  }
  t.throws(() => pendulum.step(Float32Array.of(0)), /reset/);
  pendulum.reset();
  t.throws(() => pendulum.step(Float32Array.of(3)), RangeError, 'a torque outside the space');
});

t.test('after reset(seed), seed and actions settle everything', async (t) => {
  for (const [name, make] of Object.entries(ENVIRONMENTS)) {
    const fresh = make();
    const used = make();
    run(used, 5, 120, 99);
    t.same(run(used, 9, 7, 60), run(fresh, 9, 7, 60), name);
    t.notSame(run(fresh, 9, 7, 60), run(fresh, 10, 7, 60), `${name}: another seed`);
  }
});

t.test('environments stepped together are those stepped alone, each after the other', async (t) => {
  const together = new VectorEnvironment(() => new CartPole(), 3, 11);
  const alone = Array.from({ length: 3 }, () => new CartPole());
  const seeds = new Random(11);
  const seen = alone.map((cart) => [...cart.reset(seeds.u32()).observation]);
  const random = new Random(2);
  const returns = [0, 0, 0];
  let ended = 0;
  for (let n = 0; n < 200; n++) {
    const actions = Float32Array.from({ length: 3 }, () => random.integer(2));
    const episodes = together.step(actions);
    ended += episodes.length;
    alone.forEach((cart, i) => {
      const step = cart.step(actions[i] as number);
      returns[i] = (returns[i] as number) + step.reward;
      seen[i] = [...step.observation];
      t.equal(together.terminated[i], Number(step.terminated));
      if (!step.terminated) return;
      t.same([...together.finalObservations.subarray(i * 4, i * 4 + 4)], seen[i], 'the last one is kept');
      seen[i] = [...cart.reset(seeds.u32()).observation];
      t.equal(episodes.shift()?.return, returns[i]);
      returns[i] = 0;
    });
    t.same([...together.observations], seen.flat());
  }
  t.ok(ended > 10);
});

t.test('environments go on from a saved state as if nothing had happened', async (t) => {
  for (const [name, make] of Object.entries(ENVIRONMENTS)) {
    const first = new VectorEnvironment(make, 2, 5);
    const random = new Random(8);
    const step = (vector: VectorEnvironment, drawn: Random): number[] => {
      const actions = Array.from({ length: 2 }, () => vector.actionSpace.sample(drawn));
      const ended = vector.step(Float32Array.from(actions.flatMap((a) => (typeof a === 'number' ? a : [...a]))));
      return [...vector.observations, ...vector.rewards, ...vector.truncated, ...ended.map((e) => e.return)];
    };
    for (let n = 0; n < 150; n++) step(first, random);
    const state = first.save();
    const second = new VectorEnvironment(make, 2, 1234);
    t.equal(second.restore(state), undefined);
    const again = new Random(0);
    again.restore(random.save());
    t.same([...second.observations], [...first.observations], name);
    const next = (vector: VectorEnvironment, drawn: Random): number[] =>
      Array.from({ length: 300 }, () => step(vector, drawn)).flat();
    t.same(next(second, again), next(first, random));
    t.match(second.restore(state.subarray(0, state.length - 1)), { code: 'invalid_state' });
    t.match(second.restore(new Float64Array(3)), { code: 'invalid_state' });
  }
});

/** Observations and rewards of `steps` steps, by actions of a generator, starting again where an episode ends. */
function run(environment: Environment, seed: number, actionSeed: number, steps: number): number[] {
  const random = new Random(actionSeed);
  const seen = [...environment.reset(seed).observation];
  for (let n = 0; n < steps; n++) {
    const action: Action = environment.actionSpace.sample(random);
    const step = environment.step(action);
    seen.push(...step.observation, step.reward);
    if (step.terminated || step.truncated) seen.push(...environment.reset().observation);
  }
  return seen;
}
