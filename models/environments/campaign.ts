// Campaign optimisation: one campaign has several ad groups, a target for the cost of a conversion, and conversions
// that come in hours after the clicks. Which groups convert is not known beforehand, and differs from day to day.
//
//   action       0: level of the bids, −1 to 1: bid per click = 4^level × target × usual conversion rate × FIRST_BID
//                1: pace, −1 to 1: the slot may spend 4^pace of what the plan has for it
//                2…: one number an ad group, −1 to 1: its bid is 4^number times the level's
//                  │
//   group 1 ──▶ market 1 ─▶ clicks ─▶ conversions at its own, unknown rate, later
//   group 2 ──▶ …
//
//   observation  time left, budget left, what is left over what the plan would have left (ln), usual traffic of the
//                coming slot (ln), cost of a conversion so far over the target (ln), level, pace;
//                then of each group: its action, share of the slot's spend, conversions a click so far over the usual
//                (ln, with PRIOR usual conversions), and how much is known (ln (1 + clicks) / 5)
//   reward       any of rewards/; by default target CPA. Value: predicted clicks
//   end          slot_episode.ts: terminated, after the day or with the last of the money; conversions still to come
//                are booked in the last slot
//
// Exploring is bidding for a group that little is known of; exploiting, bidding more for one that converts. In a slot
// the groups are served in turn, each from what the ones before have left.

import { Random } from '../random.js';
import type { Environment, MakeEnvironment, Start, Step } from './environment.js';
import { buy, noPurchase, type Purchase, type Terms } from './market/buy.js';
import { type Climate, LIVELY } from './market/climate.js';
import { Conversions } from './market/conversions.js';
import { Markets } from './market/markets.js';
import { PROFILES } from './market/profiles.js';
import { drawn, type Supply } from './market/supply.js';
import { actionSpace, clamped, logRatio, meanDistance, observedSpace } from './observe.js';
import type { MakeReward } from './rewards/reward.js';
import { REWARDS } from './rewards/rewards.js';
import { SlotEpisode } from './slot_episode.js';

export interface CampaignOptions {
  /** Where each ad group's auctions come from; called for each environment. */
  readonly supplies: () => readonly Supply[];
  readonly slots: number;
  /** Auctions of an ad group in a slot. */
  readonly auctions: number;
  /** Budget as a share of what all auctions cost together. */
  readonly budgetShare: number;
  readonly climate: Climate;
  readonly reward: MakeReward;
}

const GROUPS = 4;

const CAMPAIGN_OPTIONS: CampaignOptions = {
  // Of the nine, 2997 has the most clicks, in apps: enough conversions in a day to learn from.
  supplies: () => Array.from({ length: GROUPS }, () => drawn(PROFILES['2997'])),
  slots: 48,
  auctions: 800,
  budgetShare: 0.06,
  climate: LIVELY,
  reward: REWARDS['target-cpa'],
};

const STEP_BASE = 4;
const FIRST_BID = 3;
const SECOND_PRICE: Terms = { isFirstPrice: false, fee: 0 };
/** Conversions a click; a group's is this times a factor with this deviation of its logarithm. */
const CONVERSION_RATE = 0.2;
const CONVERSION_DEVIATION = 0.8;
/** The target is what a conversion would cost if impressions cost their mean and groups were usual, times this. */
const TARGET = 0.1;
/** A conversion's revenue, in targets. */
const REVENUE = 1.5;
/** Conversions at the usual rate that a group is taken to have had before anything is known of it. */
const PRIOR = 2;
const KNOBS = 2;
const GLOBAL = 7;
const EACH = 4;

export class Campaign implements Environment<Float32Array> {
  readonly observationSpace;
  readonly actionSpace;
  /** Lives through the same day by the plainest policy, for what counts as 1; a twin has none itself. */
  readonly #plain: Campaign | undefined;
  readonly #groups: number;
  readonly #markets: Markets;
  readonly #purchases: readonly Purchase[];
  readonly #conversions: Conversions;
  readonly #episode: SlotEpisode;
  readonly #random = new Random(0);
  readonly #budget: number;
  readonly #targetCpa: number;
  /** Conversions a click of each group: nobody is told. */
  readonly #rates: Float64Array;
  readonly #clicks: Float64Array;
  readonly #converted: Float64Array;
  readonly #action: Float32Array;
  readonly #lastAction: Float32Array;
  readonly #observation: Float32Array;
  #spend = 0;

  constructor(options: CampaignOptions, isPlain = false) {
    const clock = { slots: options.slots, auctions: options.auctions };
    const supplies = options.supplies();
    const prices = supplies.reduce((sum, { meanPrice }) => sum + meanPrice, 0);
    const rates = supplies.reduce((sum, { meanRate }) => sum + meanRate, 0);
    this.#plain = isPlain ? undefined : new Campaign(options, true);
    this.#groups = supplies.length;
    this.#targetCpa = (TARGET * prices) / rates / CONVERSION_RATE;
    this.#budget = options.budgetShare * options.slots * options.auctions * prices;
    this.#markets = new Markets(supplies, options.climate, clock);
    this.#purchases = supplies.map(noPurchase);
    this.#conversions = new Conversions(this.#groups, options.slots);
    this.#episode = new SlotEpisode(clock, options.reward());
    this.#rates = new Float64Array(this.#groups);
    this.#clicks = new Float64Array(this.#groups);
    this.#converted = new Float64Array(this.#groups);
    this.#action = new Float32Array(KNOBS + this.#groups);
    this.#lastAction = new Float32Array(KNOBS + this.#groups);
    this.#observation = new Float32Array(GLOBAL + EACH * this.#groups);
    this.observationSpace = observedSpace(this.#observation.length);
    this.actionSpace = actionSpace(this.#action.length);
  }

  reset(seed?: number): Start {
    if (seed !== undefined) this.#random.seed(seed);
    return this.#begin(this.#random.u32());
  }

  #begin(day: number): Start {
    this.#random.seed(day);
    this.#markets.reset(this.#random.u32());
    this.#conversions.reset();
    for (let group = 0; group < this.#groups; group++) {
      const factor = Math.exp(this.#random.normal(0, CONVERSION_DEVIATION));
      this.#rates[group] = Math.min(1, CONVERSION_RATE * factor);
    }
    for (const purchase of this.#purchases) Object.assign(purchase, noPurchase());
    this.#clicks.fill(0);
    this.#converted.fill(0);
    this.#action.fill(0);
    this.#spend = 0;
    const budget = this.#budget;
    this.#episode.begin({ budget, reference: () => this.#plainValue(day), targetCpa: this.#targetCpa });
    return { observation: this.#observe(), info: { budget, targetCpa: this.#targetCpa } };
  }

  step(action: Float32Array): Step {
    if (!this.actionSpace.contains(action)) throw new RangeError(`${action} is no action`);
    const episode = this.#episode;
    if (episode.isOver) throw new Error('the episode has ended: reset');
    const { slot, left, plannedSpend } = episode;
    this.#lastAction.set(this.#action);
    this.#action.set(action);
    const [level, pace] = action as unknown as [number, number];
    this.#markets.next();
    const bid = FIRST_BID * this.#targetCpa * CONVERSION_RATE * STEP_BASE ** level;
    const allowance = Math.min(left, plannedSpend * STEP_BASE ** pace);
    const bought = { spend: 0, value: 0, clicks: 0 };
    for (let turn = 0; turn < this.#groups; turn++) {
      // Another one is first in each slot, so that none always gets what the others leave.
      const group = (slot + turn) % this.#groups;
      const purchase = this.#purchases[group] as Purchase;
      const { auctions } = this.#markets.markets[group] as Markets['markets'][number];
      const own = bid * STEP_BASE ** (action[KNOBS + group] as number);
      buy(auctions, own, SECOND_PRICE, allowance - bought.spend, purchase);
      const conversion = { rate: this.#rates[group] as number, revenue: REVENUE * this.#targetCpa };
      this.#conversions.add(slot, group, purchase.clicks, conversion, this.#random);
      (this.#clicks[group] as number) += purchase.clicks;
      (this.#converted[group] as number) += this.#conversions.count(slot, group);
      bought.spend += purchase.spend;
      bought.value += purchase.value;
      bought.clicks += purchase.clicks;
    }
    this.#spend = bought.spend;
    const { count, revenue } = this.#conversions.between(slot, episode.endsWith(bought.spend) ? undefined : slot + 1);
    const change = Math.log(STEP_BASE) * meanDistance(this.#action, this.#lastAction);
    return episode.book({ ...bought, conversions: count, revenue, change }, () => this.#observe());
  }

  /** Clicks that a campaign left alone buys on a day. */
  #plainValue(day: number): number {
    const plain = this.#plain;
    if (plain === undefined) return 1;
    plain.#begin(day);
    const action = new Float32Array(KNOBS + this.#groups);
    let step = plain.step(action);
    while (!step.terminated) step = plain.step(action);
    return step.info['totalValue'] as number;
  }

  #observe(): Float32Array {
    const { timeLeft, budgetLeft, trafficLeft, traffic, cost } = this.#episode;
    const [level, pace] = this.#action as unknown as [number, number];
    const seen = this.#observation;
    seen.set([timeLeft, budgetLeft, trafficLeft > 0 ? logRatio(budgetLeft, trafficLeft) : 0]);
    seen.set([clamped(Math.log(traffic)), logRatio(cost, 1), level, pace], 3);
    for (let group = 0; group < this.#groups; group++) {
      const clicks = this.#clicks[group] as number;
      const conversions = PRIOR + (this.#converted[group] as number);
      seen.set(
        [
          this.#action[KNOBS + group] as number,
          this.#spend > 0 ? (this.#purchases[group] as Purchase).spend / this.#spend : 0,
          logRatio(conversions, PRIOR + clicks * CONVERSION_RATE),
          Math.log1p(clicks) / 5,
        ],
        GLOBAL + EACH * group,
      );
    }
    return seen;
  }
}

/** Makes environments of one kind. */
export function makeCampaign(options: Partial<CampaignOptions> = {}): MakeEnvironment {
  const all = { ...CAMPAIGN_OPTIONS, ...options };
  return () => new Campaign(all);
}
