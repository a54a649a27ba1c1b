// What bandits lose against the best arm, on arms that are known: against published bounds, each other, and drift.

import t from 'tap';
import { Random } from '../fuzz/random.js';
import { Bandit, type BanditOptions } from './bandit.js';
import { divergence } from './upper_bounds.js';

const SEEDS = 10;
const PLAYS = 10_000;
/** Success rates of the arms, the best first. */
const RATES = [0.3, 0.2, 0.2, 0.1];
const GAPS = RATES.slice(1).map((rate) => 0.3 - rate);

/** Mean regret over the seeds: what was lost in expectation by the arms that were played. */
function regret(options: BanditOptions, ratesAt: (play: number) => readonly number[], plays = PLAYS): number {
  let lost = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const bandit = new Bandit(options);
    const random = new Random(seed);
    const uniform = (): number => random.float();
    for (let play = 0; play < plays; play++) {
      const rates = ratesAt(play);
      const arm = bandit.select(uniform);
      lost += Math.max(...rates) - (rates[arm] as number);
      bandit.update(arm, random.chance(rates[arm] as number) ? 1 : 0);
    }
  }
  return lost / SEEDS;
}

t.test('stationary arms', async (t) => {
  const steady = (): readonly number[] => RATES;
  const arms = RATES.length;
  const logPlays = Math.log(PLAYS);
  const laiRobbins = RATES.slice(1).reduce((sum, rate) => sum + ((0.3 - rate) / divergence(rate, 0.3)) * logPlays, 0);
  const auer = GAPS.reduce((sum, gap) => sum + (8 * logPlays) / gap + (1 + Math.PI ** 2 / 3) * gap, 0);
  const least = Math.min(...GAPS);
  const found = {
    thompson: regret({ policy: 'thompson', arms }, steady),
    thompson_normal: regret({ policy: 'thompson_normal', arms, mean: 0.5, scale: 0.25 }, steady),
    kl_ucb: regret({ policy: 'kl_ucb', arms }, steady),
    ucb1_tuned: regret({ policy: 'ucb1_tuned', arms }, steady),
    ucb1: regret({ policy: 'ucb1', arms }, steady),
    epsilon: regret({ policy: 'epsilon_greedy', arms, epsilon: 0.1 }, steady),
    epsilon_falling: regret(
      { policy: 'epsilon_greedy', arms, epsilon: 1, decayAfter: (0.15 * arms) / least ** 2 },
      steady,
    ),
  };
  t.comment(`regret after ${PLAYS} plays: ${JSON.stringify(found)}`);
  t.comment(`Lai and Robbins: ${laiRobbins.toFixed(1)} in the long run; bound of UCB1: ${auer.toFixed(0)}`);
  t.ok(found.ucb1 < auer, 'UCB1 is within the bound of Auer et al. (2002, theorem 1)');
  t.ok(found.thompson < 1.5 * laiRobbins, 'Thompson sampling is near the lower bound');
  t.ok(found.kl_ucb < 1.7 * laiRobbins, 'so is KL-UCB');
  t.ok(found.kl_ucb < found.ucb1 / 2 && found.ucb1_tuned < found.ucb1 / 2, 'bounds that know the variance are tighter');
  t.ok(found.thompson < found.epsilon && found.thompson < found.epsilon_falling, 'Thompson loses less than ε-greedy');
  t.ok(found.thompson_normal < found.epsilon);
});

t.test('arms that drift: forgetting pays', async (t) => {
  const plays = 4000;
  const turning = (play: number): readonly number[] => (play < plays / 2 ? [0.6, 0.4, 0.2] : [0.2, 0.4, 0.6]);
  for (const policy of ['thompson', 'epsilon_greedy'] as const) {
    const kept = regret({ policy, arms: 3 }, turning, plays);
    const faded = regret({ policy, arms: 3, discount: 0.99 }, turning, plays);
    t.comment(`${policy}: regret ${kept.toFixed(0)}, with discounting ${faded.toFixed(0)}`);
    t.ok(faded < 0.8 * kept, policy);
  }
});
