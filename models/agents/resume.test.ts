// An agent restored from its state goes on bit for bit as the one that was never stopped: all four, in the middle of
// episodes, from the same options in a new object.

import t from 'tap';
import { CartPole } from '../environments/cart_pole.js';
import { Pendulum } from '../environments/pendulum.js';
import type { Agent } from './agent.js';
import { Dqn } from './dqn.js';
import { Ppo } from './ppo.js';
import { Sac } from './sac.js';
import { Td3 } from './td3.js';

const cart = (): CartPole => new CartPole();
const pendulum = (): Pendulum => new Pendulum();
const SMALL = { warmupSteps: 60, capacity: 150, minibatch: 16, hidden: [8, 8], environments: 2 };
const ROUNDS = 2000;

const AGENTS: Readonly<Record<string, (seed: number) => Agent>> = {
  'ppo, discrete': (seed) => new Ppo(cart, seed, ROUNDS, { rolloutSteps: 16, environments: 3, minibatch: 20 }),
  'ppo, continuous': (seed) =>
    new Ppo(pendulum, seed, ROUNDS, { rolloutSteps: 90, environments: 2, annealClip: true, valueClip: 0.2, epochs: 2 }),
  dqn: (seed) => new Dqn(cart, seed, ROUNDS, { ...SMALL, targetEvery: 7 }),
  sac: (seed) => new Sac(pendulum, seed, ROUNDS, SMALL),
  td3: (seed) => new Td3(pendulum, seed, ROUNDS, SMALL),
};

/** Rounds until so many more steps. */
function learn(agent: Agent, steps: number): void {
  for (const until = agent.steps + steps; agent.steps < until; ) agent.learn();
}

t.test('a restored agent goes on exactly', async (t) => {
  for (const [name, make] of Object.entries(AGENTS)) {
    const steps = name.startsWith('ppo') ? 500 : 260;
    const through = make(1);
    learn(through, steps);
    const state = through.save();
    const untouched = Buffer.from(through.save());
    t.ok(untouched.equals(state), `${name}: saving changes nothing`);
    learn(through, steps);
    const other = make(2);
    learn(other, 100);
    t.equal(other.restore(state), undefined);
    t.ok(Buffer.from(other.save()).equals(state), `${name}: it is what was saved`);
    learn(other, steps);
    t.equal(other.steps, through.steps);
    t.ok(Buffer.from(other.save()).equals(through.save()), `${name}: bit for bit`);
    t.notOk(Buffer.from(make(1).save()).equals(state), 'learning changes the state');
  }
});

t.test('a state of something else is refused, and changes nothing', async (t) => {
  const [dqn, sac, ppo] = [AGENTS['dqn']?.(1), AGENTS['sac']?.(1), AGENTS['ppo, discrete']?.(1)] as [
    Agent,
    Agent,
    Agent,
  ];
  const before = ppo.save();
  const damaged = ppo.save();
  damaged[damaged.length - 9] = (damaged[damaged.length - 9] as number) ^ 1;
  const wider = new Ppo(cart, 1, ROUNDS, { hidden: [9], environments: 3 });
  for (const bytes of [dqn.save(), sac.save(), damaged, wider.save(), new Uint8Array(3)]) {
    t.match(ppo.restore(bytes), { code: 'invalid_state' });
    t.match(dqn.restore(bytes.subarray(1)), { code: 'invalid_state' });
  }
  t.ok(Buffer.from(ppo.save()).equals(before));
});

t.test('deterministic actions leave an agent as it is', async (t) => {
  for (const [name, make] of Object.entries(AGENTS)) {
    const agent = make(3);
    learn(agent, 100);
    const observation = (name === 'dqn' || name === 'ppo, discrete' ? cart() : pendulum()).reset(4).observation;
    const before = agent.save();
    t.same(agent.act(observation, true), agent.act(observation, true), name);
    t.ok(Buffer.from(agent.save()).equals(before));
  }
});
