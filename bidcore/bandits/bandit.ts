// A bandit: chooses among arms (creatives, say, or landing pages) and learns from what they bring. One class for all
// ways of choosing; what differs is in thompson.ts, upper_bounds.ts and epsilon_greedy.ts. Rewards may come late, many
// at once or never: choosing does not wait for them.

import { z } from 'zod';
import { epsilonGreedy } from './epsilon_greedy.js';
import type { Policy, Tally, Uniform } from './policy.js';
import { betaThompson, normalThompson } from './thompson.js';
import { klUcb, ucb1, ucb1Tuned, upperBounds } from './upper_bounds.js';

const positive = z.number().positive();
const common = {
  /** How many. */
  arms: z.int().min(1).max(1000),
  /**
   * What a reward is worth after each later one of any arm, for rewards that drift: 1 forgets nothing, 0.999 remembers
   * some thousand (Garivier and Moulines, ALT 2011; for Thompson sampling Raj and Kalyani, 2017).
   */
  discount: z.number().gt(0).max(1).default(1),
};

/** Which bandit. What is left out has the default named here. */
const banditOptions = z.discriminatedUnion('policy', [
  z.strictObject({
    policy: z.literal('thompson'),
    ...common,
    /** The prior of a rate, in successes and failures. */
    successes: positive.default(1),
    failures: positive.default(1),
  }),
  z.strictObject({
    policy: z.literal('thompson_normal'),
    ...common,
    /** The prior of values: see `NormalPrior`. A weak one, of values around 0 that vary by 1, unless said otherwise. */
    mean: z.number().default(0),
    meanWeight: positive.default(0.01),
    shape: positive.default(1),
    scale: positive.default(1),
  }),
  z.strictObject({ policy: z.enum(['ucb1', 'ucb1_tuned', 'kl_ucb']), ...common }),
  z.strictObject({
    policy: z.literal('epsilon_greedy'),
    ...common,
    epsilon: z.number().min(0).max(1).default(0.1),
    /** Updates after which ε falls as 1/t; left out, never. */
    decayAfter: positive.optional(),
  }),
]);
export type BanditOptions = z.input<typeof banditOptions>;
type Chosen = z.output<typeof banditOptions>;

/** Everything a bandit knows, as plain JSON. */
const banditState = z.strictObject({
  version: z.literal(1),
  options: banditOptions,
  updates: z.int().min(0),
  arms: z.array(z.strictObject({ weight: z.number().min(0), sum: z.number(), squares: z.number().min(0) })),
});
export type BanditState = z.output<typeof banditState>;

/** Why a value is not taken as a bandit's state. */
export interface BanditStateError {
  readonly code: 'invalid_state';
  readonly problem: string;
}

export class Bandit {
  readonly #options: Chosen;
  readonly #policy: Policy;
  #tallies: Tally[];
  #updates = 0;
  #known: readonly number[] | undefined;

  /** Throws on options that are none: they are the program's, not a user's. */
  constructor(options: BanditOptions) {
    this.#options = banditOptions.parse(options);
    this.#policy = policyOf(this.#options);
    this.#tallies = Array.from({ length: this.#options.arms }, () => ({ weight: 0, sum: 0, squares: 0 }));
  }

  get arms(): number {
    return this.#tallies.length;
  }

  /** The arm to play now, from 0. */
  select(random: Uniform): number {
    return this.#policy.select(this.#tallies, this.#updates, random);
  }

  /**
   * Learns what an arm brought. Throws on an arm there is not, a reward that is not finite, and, except with
   * thompson_normal and epsilon_greedy, one outside 0 to 1.
   */
  update(arm: number, reward: number): void {
    if (!(Number.isInteger(arm) && arm >= 0 && arm < this.arms)) throw new RangeError(`no arm ${arm} of ${this.arms}`);
    const allowed = Number.isFinite(reward) && (!this.#policy.bounded || (reward >= 0 && reward <= 1));
    if (!allowed) throw new RangeError(`a reward of ${reward}`);
    const { discount } = this.#options;
    this.#tallies = this.#tallies.map(({ weight, sum, squares }, at) => ({
      weight: weight * discount + (at === arm ? 1 : 0),
      sum: sum * discount + (at === arm ? reward : 0),
      squares: squares * discount + (at === arm ? reward * reward : 0),
    }));
    this.#updates += 1;
    this.#known = undefined;
  }

  /**
   * The probability of each arm to be chosen now: what has to be logged with a choice for estimates of other policies
   * (inverse propensity). Worked out once between updates.
   */
  probabilities(): readonly number[] {
    this.#known ??= this.#policy.probabilities(this.#tallies, this.#updates);
    return this.#known;
  }

  save(): BanditState {
    return { version: 1, options: this.#options, updates: this.#updates, arms: structuredClone(this.#tallies) };
  }

  /** The bandit of a saved state, which goes on exactly as that one would have. */
  static restore(saved: unknown): Bandit | BanditStateError {
    const read = banditState.safeParse(saved);
    if (!read.success) return { code: 'invalid_state', problem: z.prettifyError(read.error) };
    const { options, updates, arms } = read.data;
    if (arms.length !== options.arms) {
      return { code: 'invalid_state', problem: `${arms.length} arms; the options say ${options.arms}` };
    }
    const bandit = new Bandit(options);
    bandit.#tallies = arms;
    bandit.#updates = updates;
    return bandit;
  }
}

function policyOf(options: Chosen): Policy {
  switch (options.policy) {
    case 'thompson':
      return betaThompson(options.successes, options.failures);
    case 'thompson_normal':
      return normalThompson(options);
    case 'ucb1':
      return upperBounds(ucb1);
    case 'ucb1_tuned':
      return upperBounds(ucb1Tuned);
    case 'kl_ucb':
      return upperBounds(klUcb);
    case 'epsilon_greedy':
      return epsilonGreedy(options.epsilon, options.decayAfter ?? Number.POSITIVE_INFINITY);
  }
}
