// ε-greedy: any arm with probability ε, else the one that has brought most. With ε falling as 1/t it is the εn-greedy
// of Auer, Cesa-Bianchi and Fischer (Machine Learning 47, 2002, theorem 3).

import { drawIndex, type Policy, shareOfBest, type Tally } from './policy.js';

/**
 * @param epsilon 0 to 1, at first
 * @param decayAfter updates after which it falls, as decayAfter / t; infinite for never. With 1 and c K / d² it is
 * theirs: K arms, d the least gap between the best mean and another
 */
export function epsilonGreedy(epsilon: number, decayAfter: number): Policy {
  const probabilities = (tallies: readonly Tally[], updates: number): number[] => {
    const explored = epsilon * Math.min(1, decayAfter / Math.max(1, updates));
    const greedy = shareOfBest(
      tallies.map(({ weight, sum }) => (weight > 0 ? sum / weight : Number.POSITIVE_INFINITY)),
    );
    return greedy.map((share) => explored / tallies.length + (1 - explored) * share);
  };
  return {
    bounded: false,
    select: (tallies, updates, random) => drawIndex(probabilities(tallies, updates), random),
    probabilities,
  };
}
