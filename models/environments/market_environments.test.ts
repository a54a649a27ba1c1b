// Budget, campaign and exchanges: what must hold whatever is done in them, and that in each there is something to
// learn: a policy of a few lines, written by hand, does clearly better than the same action always, or any.

import t from 'tap';
import { Random } from '../random.js';
import { makeBudget } from './budget/budget.js';
import { makeCampaign } from './campaign.js';
import type { Action, Environment, MakeEnvironment, Step } from './environment.js';
import { makeExchanges } from './exchanges.js';
import { LIVELY } from './market/climate.js';
import { LogSupply } from './market/supply.js';
import { ENVIRONMENTS } from './registry.js';
import { REWARDS } from './rewards/rewards.js';
import type { Box } from './spaces.js';

type Policy = (observation: Float32Array) => Action;

const SMALL: Readonly<Record<string, MakeEnvironment>> = {
  budget: makeBudget({ auctions: 60 }),
  campaign: makeCampaign({ auctions: 60 }),
  exchanges: makeExchanges({ auctions: 60 }),
};
const SLOTS = 48;
const within = (value: number): number => Math.max(-1, Math.min(1, value));

t.test('whatever is done: observations in their space, books that add up, no budget overspent', async (t) => {
  for (const [name, make] of Object.entries(SMALL)) {
    const environment = make();
    const random = new Random(17);
    for (let seed = 0; seed < 20; seed++) {
      const { observation, info } = environment.reset(seed);
      t.ok(environment.observationSpace.contains(observation));
      const totals = { spend: 0, value: 0, clicks: 0, conversions: 0, revenue: 0 };
      const kind = random.integer(3);
      let step: Step;
      let slots = 0;
      do {
        step = environment.step(
          kind === 0 ? environment.actionSpace.sample(random) : extreme(environment, random, kind),
        );
        slots++;
        if (!environment.observationSpace.contains(step.observation)) t.fail(`${name}: ${step.observation}`);
        if (!Number.isFinite(step.reward) || step.truncated) t.fail(`${name}: reward ${step.reward}`);
        for (const key of Object.keys(totals) as (keyof typeof totals)[]) totals[key] += step.info[key] as number;
      } while (!step.terminated);
      const { budget, totalSpend, totalValue, totalClicks, totalConversions, totalRevenue } = step.info;
      t.equal(budget, info['budget']);
      t.ok((totalSpend as number) <= (budget as number), `${name}: ${totalSpend} of ${budget}`);
      t.ok(slots === SLOTS || (totalSpend as number) > 0.999 * (budget as number), `${name}: ${slots} slots`);
      t.ok((totalConversions as number) <= (totalClicks as number));
      t.same(totals, {
        spend: totalSpend,
        value: totalValue,
        clicks: totalClicks,
        conversions: totalConversions,
        revenue: totalRevenue,
      });
      t.throws(() => environment.step(environment.actionSpace.sample(random) as Float32Array), /reset/);
    }
    t.throws(() => environment.step(Float32Array.of(0)), RangeError, 'no action of the space');
  }
});

t.test('every environment takes every reward', async (t) => {
  for (const [name, { paidBy }] of Object.entries(ENVIRONMENTS)) {
    if (paidBy === undefined) continue;
    const returns = Object.values(REWARDS).map(
      (reward) => run(paidBy(reward)(), 3, () => plain(paidBy(reward)())).return,
    );
    t.ok(returns.every(Number.isFinite), name);
    t.equal(new Set(returns).size, returns.length, `${name}: ${returns}`);
  }
});

t.test('by default a return is value over that of the plain policy on the same day', async (t) => {
  const make = SMALL['budget'] as MakeEnvironment;
  for (let seed = 0; seed < 5; seed++) {
    t.ok(Math.abs(run(make(), seed, () => zeros(make())).return - 1) < 1e-9, 'which itself has 1');
  }
});

t.test('budget: moving money to where the margin is beats an equal division on most days', async (t) => {
  const environment = makeBudget()();
  const { size } = environment.actionSpace as Box;
  /** Observations of a campaign start at 4 + 4 i; the fourth is its return at the margin. */
  const marginal = (): Policy => {
    const action = new Float32Array(size);
    return (seen) => {
      const margins = [...action.keys()].map((i) => seen[4 + 4 * i + 3] as number);
      const mean = margins.reduce((sum, each) => sum + each, 0) / size;
      return action.map((weight, i) => {
        action[i] = within(weight + 0.3 * ((margins[i] as number) - mean));
        return action[i] as number;
      });
    };
  };
  const good = returnsOf(environment, marginal);
  t.ok(mean(good) > 1.03, `${mean(good)}`);
  t.ok(good.filter((each) => each > 1).length > 0.7 * good.length);
  t.ok(mean(returnsOf(environment, randomly(environment))) < 0.95);
});

t.test('campaign: bidding for what converts, and less when it is too dear, beats any one bid', async (t) => {
  const environment = makeCampaign()();
  const { size } = environment.actionSpace as Box;
  /** Observations of an ad group start at 7 + 4 i; the third is how well it converts. The fifth of all is the cost. */
  const following = (): Policy => (seen) => {
    const action = new Float32Array(size);
    action[0] = within(-0.5 - 0.5 * Math.max(-1, seen[4] as number));
    for (let i = 2; i < size; i++) action[i] = within(0.5 * (seen[7 + 4 * (i - 2) + 2] as number));
    return action;
  };
  const good = mean(returnsOf(environment, following));
  for (const level of [-0.5, -0.25, 0]) {
    const action = new Float32Array(size);
    action[0] = level;
    const always = mean(returnsOf(environment, () => () => action));
    t.ok(good > always + 0.1, `level ${level}: ${good} and ${always}`);
  }
  t.ok(good > mean(returnsOf(environment, randomly(environment))) + 0.5);
});

t.test('exchanges: pacing, and bidding less where the bid is paid, beats one bid, paced or not', async (t) => {
  const environment = makeExchanges()();
  /** The second and third exchange are first price. */
  const paced = (shading: number) => (): Policy => {
    let level = 0;
    return (seen) => {
      level = within(level + 0.1 * within(seen[2] as number) - 0.25 * within(seen[4] as number));
      return Float32Array.of(level, level - shading, level - shading).map(within);
    };
  };
  const good = mean(returnsOf(environment, paced(0.4)));
  t.ok(good > 1.02, `${good}`);
  t.ok(good > mean(returnsOf(environment, paced(0))) + 0.02);
  for (const level of [-0.25, 0, 0.25]) {
    const always = mean(returnsOf(environment, () => () => new Float32Array(3).fill(level)));
    t.ok(good > always + 0.1, `level ${level}: ${always}`);
  }
  t.ok(good > mean(returnsOf(environment, randomly(environment))) + 0.2);
});

t.test('an environment can be built from logs', async (t) => {
  const random = new Random(2);
  const log = (cost: number) => ({
    price: Float64Array.from({ length: 5000 }, () => random.uniform(1, cost)),
    rate: Float64Array.from({ length: 5000 }, () => random.uniform(0, 0.01)),
    click: Uint8Array.from({ length: 5000 }, () => Number(random.uniform() < 0.005)),
  });
  const logs = [log(50), log(200)];
  const make = makeBudget({ supplies: () => logs.map((each) => new LogSupply(each)), climate: LIVELY, auctions: 100 });
  const { info } = run(make(), 1, () => Float32Array.of(0.2, -0.2));
  t.ok((info['totalSpend'] as number) > 0.8 * (info['budget'] as number));
  t.ok((info['totalClicks'] as number) > 0);
});

/** An action of any space: zeros, or the first of those to choose from. */
function plain(environment: Environment): Action {
  return environment.actionSpace.kind === 'discrete' ? 0 : zeros(environment);
}

function zeros(environment: Environment): Float32Array {
  return new Float32Array((environment.actionSpace as Box).size);
}

/** All numbers at a bound: the upper, or each at one of both. */
function extreme(environment: Environment, random: Random, kind: number): Float32Array {
  return zeros(environment).map(() => (kind === 1 || random.integer(2) === 1 ? 1 : -1));
}

function randomly(environment: Environment): () => Policy {
  return () => {
    const random = new Random(5);
    return () => environment.actionSpace.sample(random) as Float32Array;
  };
}

/** One episode: its return, and what its last step says. */
function run(environment: Environment, seed: number, policy: Policy): { return: number; info: Step['info'] } {
  let { observation } = environment.reset(seed);
  let sum = 0;
  let step: Step;
  do {
    step = environment.step(policy(observation));
    observation = step.observation;
    sum += step.reward;
  } while (!step.terminated);
  return { return: sum, info: step.info };
}

/** Returns of the same days for every policy. */
function returnsOf(environment: Environment, policy: () => Policy): number[] {
  return Array.from({ length: 8 }, (_, i) => run(environment, 500 + i, policy()).return);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, each) => sum + each, 0) / values.length;
}
