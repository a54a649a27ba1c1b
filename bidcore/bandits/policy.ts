// What the ways of choosing an arm have in common: what they see of the arms, and what they answer.

/** What an arm has brought, by the rewards seen; with discounting, older ones count less. */
export interface Tally {
  /** Rewards counted, not negative. */
  readonly weight: number;
  readonly sum: number;
  /** Sum of the squares of the rewards. */
  readonly squares: number;
}

/** Uniform from 0 to 1, without 1. */
export type Uniform = () => number;

export interface Policy {
  /** Whether rewards have to lie in 0 to 1. */
  readonly bounded: boolean;
  /**
   * The arm to play.
   * @param updates rewards seen in all, not discounted
   */
  select(tallies: readonly Tally[], updates: number, random: Uniform): number;
  /** The probability that `select` chooses each arm: 1 in all. */
  probabilities(tallies: readonly Tally[], updates: number): number[];
}

/** Shares alike over the arms with the highest score. */
export function shareOfBest(scores: readonly number[]): number[] {
  const highest = Math.max(...scores);
  const best = scores.filter((score) => score === highest).length;
  return scores.map((score) => (score === highest ? 1 / best : 0));
}

/** An index drawn by probabilities that are 1 in all. */
export function drawIndex(probabilities: readonly number[], random: Uniform): number {
  let left = random();
  let last = 0;
  for (const [index, probability] of probabilities.entries()) {
    if (probability > 0) last = index;
    left -= probability;
    if (left < 0) return index;
  }
  return last; // rounding left a little over
}
