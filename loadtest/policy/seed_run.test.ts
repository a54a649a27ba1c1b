// Days in virtual time: what both sides booked is equal, luck takes nobody's side, and the policy is in the path.

import t from 'tap';
import { zeroPolicy } from '../../bidcore/policy/policy_weights.js';
import { samplePolicy } from '../../bidcore/testing/sample_policy.js';
import { seedReport } from './report.js';
import { playSeed, type SeedOptions } from './seed_run.js';

/** The first hours of a day: enough for slots, bills and some thousand bids. */
const OPTIONS: SeedOptions = {
  seed: 1,
  auctions: 40_000,
  days: 1,
  untilS: 5400,
  drift: 1,
  people: 200,
  policy: zeroPolicy(),
  progress: () => undefined,
};

t.test('a policy that says 1 wins to the micro what the pacer wins alone, and the books are equal', async (t) => {
  const { policy, pacer, differences, problems } = await playSeed(OPTIONS);
  t.same(differences, []);
  t.same(problems, []);
  t.same(policy.campaigns, pacer.campaigns);
  t.ok(
    pacer.campaigns.every(({ impressions, spentMicros, valueMicros }) => impressions > 0 && spentMicros < valueMicros),
    'every campaign bought, and was worth it',
  );
  t.ok(policy.policy.spoke >= 8 * 5 && policy.policy.fellBack === 0, `asked ${policy.policy.spoke} times`);
});

t.test('another policy buys otherwise, for the same budget', async (t) => {
  const result = await playSeed({ ...OPTIONS, policy: samplePolicy(1) });
  t.same(result.differences, []);
  t.same(result.problems, []);
  const report = seedReport(result, 1);
  t.notOk(Math.abs(report.ratio - 1) < 0.01, `${report.ratio} of the pacer's value`);
  t.equal(Object.keys(report.campaigns).length, 8);
  t.ok(report.policy.spent_share < 1 && report.pacer.spent_share < 1);
});

t.test('a bill that the exchange forgot is found', async (t) => {
  const { differences } = await playSeed({ ...OPTIONS, untilS: 600, tampering: 'dropped' });
  const charges = differences.filter(({ what }) => what === 'chargeMicros');
  t.equal(charges.length, 2, 'in its campaign, and as a bid');
  t.ok(charges.every(({ campaign }) => campaign.startsWith('policy: ')));
});
