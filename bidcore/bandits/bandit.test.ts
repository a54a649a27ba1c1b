// Bandits: posteriors and bounds against arithmetic by hand, propensities against what is chosen, saved states.

import t from 'tap';
import { seededRandom } from '../testing/random.js';
import { Bandit, type BanditOptions } from './bandit.js';
import type { Tally } from './policy.js';
import { betaThompson, type NormalPrior, normalPosterior, normalThompson } from './thompson.js';
import { divergence, klUcb, ucb1, ucb1Tuned } from './upper_bounds.js';

const tally = (...rewards: readonly number[]): Tally => ({
  weight: rewards.length,
  sum: rewards.reduce((sum, x) => sum + x, 0),
  squares: rewards.reduce((sum, x) => sum + x * x, 0),
});
const near = (value: number | undefined, wanted: number, tolerance: number): boolean =>
  Math.abs((value ?? Number.NaN) - wanted) <= tolerance;

const ALL: readonly BanditOptions[] = [
  { policy: 'thompson', arms: 3 },
  { policy: 'thompson_normal', arms: 3 },
  { policy: 'ucb1', arms: 3 },
  { policy: 'ucb1_tuned', arms: 3 },
  { policy: 'kl_ucb', arms: 3 },
  { policy: 'epsilon_greedy', arms: 3, epsilon: 0.3, decayAfter: 20 },
];

/** P(X > Y) of beta variables with whole parameters (Miller, “Formulas for Bayesian A/B testing”, 2015). */
function firstAbove(a: number, b: number, c: number, d: number): number {
  const logFactorial = (n: number): number =>
    Array.from({ length: n }, (_, i) => Math.log(i + 1)).reduce((x, y) => x + y, 0);
  const logB = (x: number, y: number): number => logFactorial(x - 1) + logFactorial(y - 1) - logFactorial(x + y - 1);
  return Array.from({ length: a }, (_, i) =>
    Math.exp(logB(c + i, b + d) - Math.log(b + i) - logB(1 + i, b) - logB(c, d)),
  ).reduce((x, y) => x + y, 0);
}

t.test('the chance that a rate is the best: closed forms', async (t) => {
  const policy = betaThompson(1, 1);
  // Beta(2, 1) against Beta(1, 1): the mean of the first, 2/3.
  t.ok(near(policy.probabilities([tally(1), tally()], 1)[0], 2 / 3, 1e-10));
  for (const [wins1, n1, wins2, n2] of [
    [3, 10, 4, 9],
    [0, 50, 2, 40],
    [120, 1000, 90, 1000],
    [12, 1000, 5, 20],
  ] as const) {
    const tallies = [wins1, wins2].map((sum, i) => ({ weight: [n1, n2][i] as number, sum, squares: sum }));
    const [first, second] = policy.probabilities(tallies, 1);
    const wanted = firstAbove(wins1 + 1, n1 - wins1 + 1, wins2 + 1, n2 - wins2 + 1);
    t.ok(near(first, wanted, 1e-9) && near(second, 1 - wanted, 1e-9), `${wins1}/${n1} and ${wins2}/${n2}: ${first}`);
  }
});

t.test('the chance that a rate is the best: priors with poles at 0 and 1, by drawing', async (t) => {
  const policy = betaThompson(0.05, 0.05);
  const tallies = [tally(1), tally(), tally()];
  const probabilities = policy.probabilities(tallies, 1);
  t.ok(near(probabilities[1], probabilities[2] as number, 1e-12));
  const random = seededRandom(1);
  const draws = 20_000;
  let first = 0;
  for (let n = 0; n < draws; n++) first += policy.select(tallies, 1, random) === 0 ? 1 : 0;
  t.ok(near(probabilities[0], first / draws, 0.015), `${probabilities[0]} and ${first / draws}`);
});

t.test('the normal-inverse-gamma posterior: three values by hand', async (t) => {
  const prior: NormalPrior = { mean: 0, meanWeight: 1, shape: 1, scale: 1 };
  // 1, 2, 3: Σ(x − 2)² = 2; 1 × 3 × 2² / 4 = 3; scale 1 + (2 + 3) / 2.
  t.same(normalPosterior(prior, tally(1, 2, 3)), { mean: 1.5, meanWeight: 4, shape: 2.5, scale: 3.5 });
  t.same(normalPosterior(prior, tally()), prior);
  const [first, second, third] = normalThompson(prior).probabilities([tally(1, 2), tally(2, 1), tally()], 4);
  t.ok(near(first, second as number, 1e-12), 'arms that saw the same');
  t.ok((third as number) < (first as number) && (third as number) > 0.05);
});

t.test('upper bounds by hand', async (t) => {
  const arm = tally(1, 0, 1, 1);
  const logTotal = Math.log(10);
  t.ok(near(ucb1(arm, logTotal), 0.75 + Math.sqrt((2 * logTotal) / 4), 1e-14));
  t.ok(near(ucb1Tuned(arm, logTotal), 0.75 + Math.sqrt(logTotal / 4 / 4), 1e-14), 'variance at most 1/4');
  const steady = { weight: 1000, sum: 500, squares: 250 };
  t.ok(near(ucb1Tuned(steady, 0.5), 0.5 + Math.sqrt((0.5 / 1000) * Math.sqrt(1 / 1000)), 1e-14), 'no variance');
  const q = klUcb(arm, logTotal);
  t.ok(near(divergence(0.75, q), logTotal / 4, 1e-10), String(q));
  // Of no success in n: ln(1 / (1 − q)) = ln t / n.
  t.ok(near(klUcb(tally(0, 0), logTotal), 1 - Math.exp(-logTotal / 2), 1e-12));
  t.equal(klUcb(tally(1, 1), logTotal), 1);
  t.equal(klUcb(arm, 0), 0.75, 'at the first update nothing is added');
});

t.test('every policy chooses as its probabilities say', async (t) => {
  for (const options of ALL) {
    const bandit = new Bandit(options);
    const random = seededRandom(7);
    for (const [arm, reward] of [
      [0, 1],
      [1, 0],
      [2, 0.5],
      [0, 0],
      [2, 1],
      [1, 1],
      [2, 0],
    ] as const) {
      bandit.update(arm, reward);
    }
    const probabilities = bandit.probabilities();
    t.ok(
      near(
        probabilities.reduce((sum, p) => sum + p, 0),
        1,
        1e-12,
      ),
      `${options.policy}: 1 in all`,
    );
    const counts = [0, 0, 0];
    const draws = 20_000;
    for (let n = 0; n < draws; n++) {
      const arm = bandit.select(random);
      counts[arm] = (counts[arm] as number) + 1;
    }
    for (const [arm, p] of probabilities.entries()) {
      const error = 4.5 * Math.sqrt((p * (1 - p)) / draws) + 1e-12;
      t.ok(near((counts[arm] as number) / draws, p, error), `${options.policy}, arm ${arm}: ${p}`);
    }
  }
});

t.test('arms not played yet come first, alike', async (t) => {
  for (const policy of ['ucb1', 'ucb1_tuned', 'kl_ucb'] as const) {
    const bandit = new Bandit({ policy, arms: 3 });
    t.same(bandit.probabilities(), [1 / 3, 1 / 3, 1 / 3], policy);
    bandit.update(1, 1);
    t.same(bandit.probabilities(), [0.5, 0, 0.5], policy);
  }
  const greedy = new Bandit({ policy: 'epsilon_greedy', arms: 2, epsilon: 0.1 });
  greedy.update(0, 5);
  t.ok(near(greedy.probabilities()[0], 0.05, 1e-15));
  greedy.update(1, -3);
  t.ok(near(greedy.probabilities()[1], 0.05, 1e-15));
});

t.test('ε falls as 1/t', async (t) => {
  const bandit = new Bandit({ policy: 'epsilon_greedy', arms: 2, epsilon: 1, decayAfter: 10 });
  for (let n = 0; n < 50; n++) bandit.update(n % 2, n % 2);
  t.ok(near(bandit.probabilities()[0], 10 / 50 / 2, 1e-15));
});

t.test('discounting: weights fade with every update', async (t) => {
  const bandit = new Bandit({ policy: 'thompson', arms: 2, discount: 0.5 });
  for (const reward of [1, 0, 1]) bandit.update(0, reward);
  bandit.update(1, 0.5);
  t.same(bandit.save().arms, [
    { weight: 0.875, sum: 0.625, squares: 0.625 },
    { weight: 1, sum: 0.5, squares: 0.25 },
  ]);
});

t.test('a saved bandit goes on exactly; a broken state is refused with a reason', async (t) => {
  for (const options of ALL) {
    const bandit = new Bandit(options);
    const random = seededRandom(3);
    for (let n = 0; n < 30; n++) bandit.update(bandit.select(random), random());
    const restored = Bandit.restore(JSON.parse(JSON.stringify(bandit.save())));
    if (!(restored instanceof Bandit)) return t.fail(restored.problem);
    t.same(restored.save(), bandit.save(), options.policy);
    t.same(restored.probabilities(), bandit.probabilities());
    const [one, other] = [seededRandom(4), seededRandom(4)];
    t.same(
      Array.from({ length: 20 }, () => restored.select(one)),
      Array.from({ length: 20 }, () => bandit.select(other)),
    );
  }
  const state = new Bandit({ policy: 'ucb1', arms: 2 }).save();
  for (const broken of [null, { ...state, version: 2 }, { ...state, arms: [] }, { ...state, updates: -1 }]) {
    t.match(Bandit.restore(broken), { code: 'invalid_state', problem: /\S/ });
  }
});

t.test('rewards and arms that there are not are refused', async (t) => {
  const bandit = new Bandit({ policy: 'ucb1', arms: 2 });
  for (const [arm, reward] of [
    [2, 1],
    [-1, 1],
    [0.5, 1],
    [0, 1.01],
    [0, -0.1],
    [0, Number.NaN],
  ] as const) {
    t.throws(() => bandit.update(arm, reward), RangeError, `${arm}, ${reward}`);
  }
  t.throws(() => new Bandit({ policy: 'thompson', arms: 0 }));
  t.equal(bandit.save().updates, 0);
});
