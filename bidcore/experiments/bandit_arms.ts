// The weights of a bandit's arms from now on: each the probability that the arm is the best one (Thompson sampling), as
// far as its sums tell, and no less than what is kept for exploring.

import { Bandit, type BanditOptions, type BanditState } from '../bandits/bandit.js';
import type { ArmSums, Experiment } from './experiment_schema.js';

/** 1 in all. The metric is a rate or a mean; of one that is better lower, the lowest is the best. */
export function banditWeights({ metric, exploration }: Experiment, sums: readonly ArmSums[]): number[] {
  const higher = metric.better === 'higher';
  // The least of rates is the highest of what is left of 1; the least of means the highest of their negatives.
  const arms: BanditState['arms'] = sums.map(({ units, sum, squares }) => {
    if (metric.kind === 'rate')
      return { weight: units, sum: higher ? sum : units - sum, squares: higher ? sum : units - sum };
    return { weight: units, sum: higher ? sum : -sum, squares };
  });
  const count = sums.length;
  const deviation = metric.deviation ?? 1;
  const options: BanditOptions =
    metric.kind === 'rate'
      ? { policy: 'thompson', arms: count }
      : {
          policy: 'thompson_normal',
          arms: count,
          mean: higher ? metric.baseline : -metric.baseline,
          scale: deviation ** 2,
        };
  const updates = sums.reduce((total, { units }) => total + units, 0);
  const bandit = Bandit.restore({ version: 1, options, updates, arms });
  if ('code' in bandit) throw new Error(bandit.problem);
  return bandit.probabilities().map((probability) => exploration + (1 - count * exploration) * probability);
}
