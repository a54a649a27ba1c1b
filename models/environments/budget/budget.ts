// Budget allocation: campaigns share a budget, and each slot of the day somebody says how the slot's money is divided.
//
//   action       one number a campaign, −1 to 1; shares are their softmax (of twice the number)
//                       │
//   planned spend ──────┼─▶ campaign 1: pacer ─▶ bids ─▶ market 1 ─▶ wins, clicks, conversions
//   of the slot         ├─▶ campaign 2: …                            each its own prices, rates, traffic and drift
//                       └─▶ …              what is not spent goes back to the budget
//
//   observation  time left, budget left, usual traffic of the coming slot (ln), traffic of the last over usual (ln);
//                then of each campaign: share (ln K × share), spent of what it was given,
//                return (ln value / spend), return at the margin (ln worth of a click / bid for a click)
//   reward       any of rewards/; by default value with episode credit. Value: predicted clicks × worth of a click
//   end          slot_episode.ts: terminated, after the day or with the last of the money
//
// The campaigns' answers to money are the market's: more of it raises bids, and buys dearer clicks (concave); auctions
// are drawn (noisy); prices and rates wander (drifting). The pacer of a campaign needs a slot to know a changed market.

import { Random } from '../../random.js';
import type { Environment, MakeEnvironment, Start, Step } from '../environment.js';
import { buy, noPurchase, type Purchase, type Terms } from '../market/buy.js';
import { type Climate, LIVELY } from '../market/climate.js';
import { type Conversion, Conversions } from '../market/conversions.js';
import { Markets } from '../market/markets.js';
import { PROFILES, type ProfileName } from '../market/profiles.js';
import { drawn, type Supply } from '../market/supply.js';
import { actionSpace, clamped, logRatio, meanDistance, observedSpace, sharesOf } from '../observe.js';
import type { MakeReward } from '../rewards/reward.js';
import { REWARDS } from '../rewards/rewards.js';
import { SlotEpisode } from '../slot_episode.js';
import { SlotPacer } from './slot_pacer.js';

export interface BudgetOptions {
  /** Where each campaign's auctions come from; an array for one environment, called for each. */
  readonly supplies: () => readonly Supply[];
  readonly slots: number;
  /** Auctions of a campaign in a slot. */
  readonly auctions: number;
  /** Budget as a share of what all auctions cost together. */
  readonly budgetShare: number;
  readonly climate: Climate;
  readonly reward: MakeReward;
}

const CAMPAIGNS: readonly ProfileName[] = ['1458', '2261', '2997', '3386'];

const BUDGET_OPTIONS: BudgetOptions = {
  supplies: () => CAMPAIGNS.map((name) => drawn(PROFILES[name])),
  slots: 48,
  auctions: 800,
  budgetShare: 0.15,
  climate: LIVELY,
  reward: REWARDS.value,
};

/** A click's worth is what its impressions cost on average, times a factor of the day with this deviation of its ln. */
const WORTH_DEVIATION = 0.5;
/** Bids for a click, relative to its worth. */
const BID_LOW = 0.02;
const BID_HIGH = 2;
/** A campaign believes at first that a bid of half the worth buys this share of what is for sale. */
const FIRST_BID = 0.5;
const FIRST_DEMAND = 0.2;
const CONVERSION_RATE = 0.1;
const SECOND_PRICE: Terms = { isFirstPrice: false, fee: 0 };
const GLOBAL = 4;
const EACH = 4;

export class Budget implements Environment<Float32Array> {
  readonly observationSpace;
  readonly actionSpace;
  readonly #options: BudgetOptions;
  /** Lives through the same day by the plainest policy, for what counts as 1; a twin has none itself. */
  readonly #plain: Budget | undefined;
  readonly #campaigns: number;
  readonly #supplies: readonly Supply[];
  readonly #markets: Markets;
  readonly #pacers: readonly SlotPacer[];
  readonly #purchases: readonly Purchase[];
  readonly #conversions: Conversions;
  readonly #episode: SlotEpisode;
  readonly #random = new Random(0);
  readonly #worth: Float64Array;
  readonly #shares: Float64Array;
  readonly #lastShares: Float64Array;
  readonly #allowances: Float64Array;
  readonly #observation: Float32Array;
  /** Auctions of all campaigns in the last slot, over the usual. */
  #crowd = 1;

  constructor(options: BudgetOptions, isPlain = false) {
    const clock = { slots: options.slots, auctions: options.auctions };
    this.#options = options;
    this.#plain = isPlain ? undefined : new Budget(options, true);
    this.#supplies = options.supplies();
    this.#campaigns = this.#supplies.length;
    this.#markets = new Markets(this.#supplies, options.climate, clock);
    this.#pacers = this.#supplies.map(() => new SlotPacer());
    this.#purchases = this.#supplies.map(noPurchase);
    this.#conversions = new Conversions(this.#campaigns, options.slots);
    this.#episode = new SlotEpisode(clock, options.reward());
    this.#worth = new Float64Array(this.#campaigns);
    this.#shares = new Float64Array(this.#campaigns);
    this.#lastShares = new Float64Array(this.#campaigns);
    this.#allowances = new Float64Array(this.#campaigns);
    this.#observation = new Float32Array(GLOBAL + EACH * this.#campaigns);
    this.observationSpace = observedSpace(this.#observation.length);
    this.actionSpace = actionSpace(this.#campaigns);
  }

  reset(seed?: number): Start {
    if (seed !== undefined) this.#random.seed(seed);
    return this.#begin(this.#random.u32());
  }

  #begin(day: number): Start {
    const { slots, auctions, budgetShare } = this.#options;
    this.#random.seed(day);
    this.#markets.reset(this.#random.u32());
    this.#conversions.reset();
    this.#shares.fill(1 / this.#campaigns);
    this.#crowd = 1;
    let cost = 0;
    this.#supplies.forEach(({ meanPrice, meanRate }, i) => {
      const worth = (meanPrice / meanRate) * Math.exp(this.#random.normal(0, WORTH_DEVIATION));
      this.#worth[i] = worth;
      this.#pacers[i]?.begin(FIRST_DEMAND * auctions * meanPrice, FIRST_BID * worth);
      Object.assign(this.#purchases[i] as Purchase, noPurchase());
      cost += slots * auctions * meanPrice;
    });
    this.#allowances.fill(0);
    const budget = budgetShare * cost;
    const mean = this.#supplies.reduce((sum, { meanPrice, meanRate }) => sum + meanPrice / meanRate, 0);
    const targetCpa = mean / this.#campaigns / CONVERSION_RATE;
    this.#episode.begin({ budget, reference: () => this.#plainValue(day), targetCpa });
    return { observation: this.#observe(), info: { budget } };
  }

  step(action: Float32Array): Step {
    if (!this.actionSpace.contains(action)) throw new RangeError(`${action} is no action`);
    const episode = this.#episode;
    if (episode.isOver) throw new Error('the episode has ended: reset');
    const { slot, traffic, plannedSpend } = episode;
    this.#lastShares.set(this.#shares);
    sharesOf(action, this.#shares);
    this.#markets.next();
    const bought = { spend: 0, value: 0, clicks: 0 };
    let auctions = 0;
    this.#markets.markets.forEach(({ auctions: market }, i) => {
      const purchase = this.#purchases[i] as Purchase;
      const pacer = this.#pacers[i] as SlotPacer;
      const worth = this.#worth[i] as number;
      const allowance = plannedSpend * (this.#shares[i] as number);
      this.#allowances[i] = allowance;
      pacer.aim(allowance, traffic, BID_LOW * worth, BID_HIGH * worth);
      buy(market, pacer.bid, SECOND_PRICE, allowance, purchase);
      pacer.learn(purchase.demand, traffic);
      this.#conversions.add(slot, i, purchase.clicks, this.#conversion(i), this.#random);
      bought.spend += purchase.spend;
      bought.value += purchase.value * worth;
      bought.clicks += purchase.clicks;
      auctions += market.count;
    });
    this.#crowd = auctions / (this.#campaigns * traffic * this.#options.auctions);
    const { count, revenue } = this.#conversions.between(slot, episode.endsWith(bought.spend) ? undefined : slot + 1);
    const change = meanDistance(this.#shares, this.#lastShares);
    return episode.book({ ...bought, conversions: count, revenue, change }, () => this.#observe());
  }

  #conversion(campaign: number): Conversion {
    return { rate: CONVERSION_RATE, revenue: (this.#worth[campaign] as number) / CONVERSION_RATE };
  }

  /** What an equal division buys on a day. */
  #plainValue(day: number): number {
    const plain = this.#plain;
    if (plain === undefined) return 1;
    plain.#begin(day);
    const action = new Float32Array(this.#campaigns);
    let step = plain.step(action);
    while (!step.terminated) step = plain.step(action);
    return step.info['totalValue'] as number;
  }

  #observe(): Float32Array {
    const { timeLeft, budgetLeft, traffic } = this.#episode;
    const seen = this.#observation;
    seen.set([timeLeft, budgetLeft, clamped(Math.log(traffic)), logRatio(this.#crowd, 1)]);
    this.#purchases.forEach(({ spend, value }, i) => {
      const worth = this.#worth[i] as number;
      const allowance = this.#allowances[i] as number;
      seen.set(
        [
          logRatio((this.#shares[i] as number) * this.#campaigns, 1),
          allowance > 0 ? spend / allowance : 0,
          logRatio(value * worth, spend),
          logRatio(worth, this.#pacers[i]?.bid as number),
        ],
        GLOBAL + EACH * i,
      );
    });
    return seen;
  }
}

/** Makes environments of one kind. */
export function makeBudget(options: Partial<BudgetOptions> = {}): MakeEnvironment {
  const all = { ...BUDGET_OPTIONS, ...options };
  return () => new Budget(all);
}
