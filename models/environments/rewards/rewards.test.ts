// Rewards, by cases computed by hand.

import t, { type Test } from 'tap';
import type { EpisodeFacts, Reward, SlotOutcome } from './reward.js';
import { REWARDS } from './rewards.js';
import { RoasReward } from './roas.js';
import { StableReward } from './stable.js';
import { TargetCpaReward } from './target_cpa.js';
import { ValueReward } from './value.js';

const EPISODE: EpisodeFacts = { budget: 1000, reference: () => 20, targetCpa: 100 };
const NOTHING: SlotOutcome = {
  spend: 0,
  plannedSpend: 0,
  value: 0,
  clicks: 0,
  conversions: 0,
  revenue: 0,
  change: 0,
};

/** Rewards of slots, and behind them the final one. */
function paid(reward: Reward, slots: readonly Partial<SlotOutcome>[]): number[] {
  reward.reset(EPISODE);
  return [...slots.map((slot) => reward.reward({ ...NOTHING, ...slot })), reward.final()];
}

function near(t: Test, got: readonly number[], wanted: readonly number[]): void {
  t.equal(got.length, wanted.length);
  wanted.forEach((value, i) => {
    t.ok(Math.abs((got[i] as number) - value) < 1e-12, `${got[i]} is ${value}`);
  });
}

t.test('target CPA pays conversions by the target, and punishes what is spent while they cost more', async (t) => {
  const slots = [
    { spend: 100, conversions: 0 }, // (100 + 100) / 1 = 2 targets: 0 − 0.1 × 1
    { spend: 100, conversions: 2 }, // (200 + 100) / 3 = 1 target: 2 × 0.1
    { spend: 300 }, // (500 + 100) / 3 = 2 targets: −0.3 × 1
  ];
  near(t, paid(new TargetCpaReward(), slots), [-0.1, 0.2, -0.3, -0.5]);
  near(t, paid(new TargetCpaReward(2), slots), [-0.2, 0.2, -0.6, -1]);
  near(t, paid(new TargetCpaReward(), [{ spend: 100, conversions: 4 }]), [0.4, 0]);
});

t.test('ROAS pays revenue less what the spend should have brought', async (t) => {
  const slots = [{ spend: 100, revenue: 0 }, { spend: 50, revenue: 400 }, {}];
  near(t, paid(new RoasReward(), slots), [-0.1, 0.35, 0, 0]);
  near(t, paid(new RoasReward(2), slots), [-0.2, 0.3, 0, 0]);
});

t.test(
  'several objectives: value, less changes of the action, spending against the plan, and money left',
  async (t) => {
    const slots = [
      { value: 2, spend: 100, plannedSpend: 100 },
      { value: 3, spend: 400, plannedSpend: 200, change: 0.5 },
      { value: 0, spend: 0, plannedSpend: 100, change: 2 },
    ];
    near(t, paid(new StableReward({ steadiness: 0.1, plan: 0.5 }), slots), [
      0.1,
      0.15 - 0.05 - 0.1,
      -0.2 - 0.05,
      -0.25,
    ]);
  },
);

t.test('value with episode credit: a slot earns what is above the price of money, the sum is value / R*', async (t) => {
  const slots = [{ value: 6, spend: 500 }, { value: 8, spend: 300 }, {}];
  near(t, paid(new ValueReward(), slots), [0.3 - 0.5, 0.4 - 0.3, 0, 0.8]);
  // The greedy first slot bought most, and is paid least; the same value for less money is worth more at once.
  const greedy = paid(new ValueReward(), [
    { value: 8, spend: 900 },
    { value: 2, spend: 100 },
  ]);
  const patient = paid(new ValueReward(), [
    { value: 6, spend: 500 },
    { value: 6, spend: 500 },
  ]);
  t.ok((greedy[0] as number) < (patient[0] as number));
  const sum = (rewards: readonly number[]): number => rewards.reduce((all, each) => all + each, 0);
  near(t, [sum(greedy), sum(patient)], [0.5, 0.6]);
});

t.test('a reward starts afresh with each episode, under its name', async (t) => {
  const slots = [{ value: 4, spend: 700, conversions: 1, revenue: 90, change: 1 }];
  for (const [name, make] of Object.entries(REWARDS)) {
    const reward = make();
    t.equal(reward.name, name);
    const first = paid(reward, slots);
    t.same(paid(reward, slots), first);
  }
});
