// Multi-exchange: one campaign bids on several exchanges with one budget, and each slot of the day says how much to bid
// on each.
//
//   action       one number an exchange, −1 to 1: bid per click = 4^number × FIRST_BID × worth of a click
//                  │
//   budget left ──┬┴▶ exchange 1: second price, cheap, low fee   ─▶ wins, clicks, conversions
//                 ├─▶ exchange 2: first price, dear, better clicks  each its own prices, rates, traffic and drift
//                 └─▶ exchange 3: …                                 fees come on top of the price
//
//   observation  time left, budget left, what is left over what the plan would have left (ln), usual traffic of the
//                coming slot (ln), spent in the last slot over planned (ln);
//                then of each exchange: its action, share of its auctions won, return (ln value × worth / spend),
//                share of the slot's spend
//   reward       any of rewards/; by default value with episode credit. Value: predicted clicks
//   end          slot_episode.ts: terminated, after the day or with the last of the money
//
// No pacer stands between: the level of the bids is the agent's, and so is running out of money before midnight. In a
// slot the exchanges are served in turn, each from what the ones before have left; at most 10% of the budget a slot.

import { Random } from '../random.js';
import type { Environment, MakeEnvironment, Start, Step } from './environment.js';
import { buy, noPurchase, type Purchase, type Terms } from './market/buy.js';
import { type Climate, LIVELY } from './market/climate.js';
import { type Conversion, Conversions } from './market/conversions.js';
import { Markets } from './market/markets.js';
import { PROFILES } from './market/profiles.js';
import { drawn, type Supply } from './market/supply.js';
import { actionSpace, clamped, logRatio, meanDistance, observedSpace } from './observe.js';
import type { MakeReward } from './rewards/reward.js';
import { REWARDS } from './rewards/rewards.js';
import { SlotEpisode } from './slot_episode.js';

export interface Exchange {
  readonly supply: Supply;
  readonly terms: Terms;
}

export interface ExchangesOptions {
  /** Called for each environment. */
  readonly exchanges: () => readonly Exchange[];
  readonly slots: number;
  /** Auctions of an exchange in a slot. */
  readonly auctions: number;
  /** Budget as a share of the sum of all prices. */
  readonly budgetShare: number;
  readonly climate: Climate;
  readonly reward: MakeReward;
}

const EXCHANGES_OPTIONS: ExchangesOptions = {
  exchanges: () => [
    { supply: campaignOn('3386', 1), terms: { isFirstPrice: false, fee: 0.05 } },
    { supply: campaignOn('3358', 1.3), terms: { isFirstPrice: true, fee: 0.1 } },
    { supply: campaignOn('2261', 0.7), terms: { isFirstPrice: true, fee: 0.15 } },
  ],
  slots: 48,
  auctions: 800,
  budgetShare: 0.15,
  climate: LIVELY,
  reward: REWARDS.value,
};

const CLICK_RATE = 7e-4;
const STEP_BASE = 4;
const FIRST_BID = 0.4;
/** Of the budget; a slot takes no more. */
const SLOT_SPEND_MAX = 0.1;
const CONVERSION_RATE = 0.1;
const GLOBAL = 5;
const EACH = 4;

export class Exchanges implements Environment<Float32Array> {
  readonly observationSpace;
  readonly actionSpace;
  /** Lives through the same day by the plainest policy, for what counts as 1; a twin has none itself. */
  readonly #plain: Exchanges | undefined;
  readonly #exchanges: readonly Exchange[];
  readonly #markets: Markets;
  readonly #purchases: readonly Purchase[];
  readonly #conversions: Conversions;
  readonly #episode: SlotEpisode;
  readonly #random = new Random(0);
  readonly #worth: number;
  readonly #budget: number;
  readonly #action: Float32Array;
  readonly #lastAction: Float32Array;
  readonly #observation: Float32Array;
  #spend = 0;
  #planned = 0;

  constructor(options: ExchangesOptions, isPlain = false) {
    const clock = { slots: options.slots, auctions: options.auctions };
    this.#plain = isPlain ? undefined : new Exchanges(options, true);
    this.#exchanges = options.exchanges();
    const supplies = this.#exchanges.map(({ supply }) => supply);
    const prices = supplies.reduce((sum, { meanPrice }) => sum + meanPrice, 0);
    this.#worth = prices / supplies.reduce((sum, { meanRate }) => sum + meanRate, 0);
    this.#budget = options.budgetShare * options.slots * options.auctions * prices;
    this.#markets = new Markets(supplies, options.climate, clock);
    this.#purchases = supplies.map(noPurchase);
    this.#conversions = new Conversions(supplies.length, options.slots);
    this.#episode = new SlotEpisode(clock, options.reward());
    this.#action = new Float32Array(supplies.length);
    this.#lastAction = new Float32Array(supplies.length);
    this.#observation = new Float32Array(GLOBAL + EACH * supplies.length);
    this.observationSpace = observedSpace(this.#observation.length);
    this.actionSpace = actionSpace(supplies.length);
  }

  reset(seed?: number): Start {
    if (seed !== undefined) this.#random.seed(seed);
    return this.#begin(this.#random.u32());
  }

  #begin(day: number): Start {
    this.#random.seed(day);
    this.#markets.reset(this.#random.u32());
    this.#conversions.reset();
    for (const purchase of this.#purchases) Object.assign(purchase, noPurchase());
    this.#action.fill(0);
    this.#spend = 0;
    this.#planned = 0;
    const budget = this.#budget;
    this.#episode.begin({ budget, reference: () => this.#plainValue(day), targetCpa: this.#worth / CONVERSION_RATE });
    return { observation: this.#observe(), info: { budget } };
  }

  step(action: Float32Array): Step {
    if (!this.actionSpace.contains(action)) throw new RangeError(`${action} is no action`);
    const episode = this.#episode;
    if (episode.isOver) throw new Error('the episode has ended: reset');
    const { slot, left, plannedSpend } = episode;
    this.#lastAction.set(this.#action);
    this.#action.set(action);
    this.#markets.next();
    const allowance = Math.min(left, SLOT_SPEND_MAX * this.#budget);
    const bought = { spend: 0, value: 0, clicks: 0 };
    for (let turn = 0; turn < this.#exchanges.length; turn++) {
      // Another one is first in each slot, so that none always gets what the others leave.
      const i = (slot + turn) % this.#exchanges.length;
      const purchase = this.#purchases[i] as Purchase;
      const bid = FIRST_BID * this.#worth * STEP_BASE ** (action[i] as number);
      const { auctions } = this.#markets.markets[i] as Markets['markets'][number];
      buy(auctions, bid, (this.#exchanges[i] as Exchange).terms, allowance - bought.spend, purchase);
      this.#conversions.add(slot, i, purchase.clicks, this.#conversion, this.#random);
      bought.spend += purchase.spend;
      bought.value += purchase.value;
      bought.clicks += purchase.clicks;
    }
    this.#spend = bought.spend;
    this.#planned = plannedSpend;
    const { count, revenue } = this.#conversions.between(slot, episode.endsWith(bought.spend) ? undefined : slot + 1);
    const change = Math.log(STEP_BASE) * meanDistance(this.#action, this.#lastAction);
    return episode.book({ ...bought, conversions: count, revenue, change }, () => this.#observe());
  }

  get #conversion(): Conversion {
    return { rate: CONVERSION_RATE, revenue: this.#worth / CONVERSION_RATE };
  }

  /** What one bid for all exchanges, paced, buys on a day. */
  #plainValue(day: number): number {
    const plain = this.#plain;
    if (plain === undefined) return 1;
    let { observation } = plain.#begin(day);
    let step: Step;
    do {
      step = plain.step(paced(observation, this.#exchanges.length));
      observation = step.observation;
    } while (!step.terminated);
    return step.info['totalValue'] as number;
  }

  #observe(): Float32Array {
    const { timeLeft, budgetLeft, trafficLeft, traffic } = this.#episode;
    const pace = this.#planned === 0 ? 0 : logRatio(this.#spend, this.#planned);
    const seen = this.#observation;
    seen.set([timeLeft, budgetLeft, trafficLeft > 0 ? logRatio(budgetLeft, trafficLeft) : 0]);
    seen.set([clamped(Math.log(traffic)), pace], 3);
    this.#purchases.forEach(({ spend, value, wins }, i) => {
      const { count } = (this.#markets.markets[i] as Markets['markets'][number]).auctions;
      seen.set(
        [
          this.#action[i] as number,
          count > 0 ? wins / count : 0,
          logRatio(value * this.#worth, spend),
          this.#spend > 0 ? spend / this.#spend : 0,
        ],
        GLOBAL + EACH * i,
      );
    });
    return seen;
  }
}

/** One level for all exchanges: the last, moved towards what the plan wants, by what is left and by what was spent. */
function paced(observation: Float32Array, exchanges: number): Float32Array {
  const within = (value: number): number => Math.max(-1, Math.min(1, value));
  const [left, spent, level] = [observation[2], observation[4], observation[GLOBAL]] as [number, number, number];
  return new Float32Array(exchanges).fill(within(level + 0.1 * within(left) - 0.25 * within(spent)));
}

/** Makes environments of one kind. */
export function makeExchanges(options: Partial<ExchangesOptions> = {}): MakeEnvironment {
  const all = { ...EXCHANGES_OPTIONS, ...options };
  return () => new Exchanges(all);
}

/** The campaign's auctions on an exchange with the prices of a profile, and click rates this many times its usual. */
function campaignOn(prices: keyof typeof PROFILES, rates: number): Supply {
  const profile = PROFILES[prices];
  return drawn({ prices: profile.prices, rates: { ...profile.rates, mean: CLICK_RATE * rates } });
}
