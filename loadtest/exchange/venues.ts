// The exchanges of a world: how each one sells and bills, and the rivals that bid there.
//
// Rivals are a number of bidders whose bids are log-normal around the price level of the context. The highest of them
// is what has to be beaten; its distribution over all contexts of level 1 is the exchange's price curve.

import * as map from '../../assembly/memory_map.js';
import type { CampaignFile } from '../../bidcore/campaign_file.js';
import type { ExchangeProfile, PriceEncoding } from '../../bidcore/exchange_file.js';
import { DEFAULT_PROFILE } from '../../bidcore/exchange_file.js';
import type { PriceKeys } from '../../bidcore/money/clearing_price.js';
import type { DealTerms } from './auction.js';
import { type Chance, normalBelow, Shares } from './chance.js';
import type { Part, Truth } from './truth.js';

/** Shares of auctions with 0, 1, 2, … rivals, and the spread of the logarithm of their bids. */
export interface Rivals {
  readonly counts: readonly number[];
  readonly spread: number;
}

/** What an exchange does where its profile does not say. */
interface Habit {
  readonly type: 1 | 2;
  readonly weight: number;
  readonly rivals: Rivals;
  /** Digits behind the point of the prices it tells. */
  readonly digits: number;
  /** Share of impressions with a floor. */
  readonly floors: number;
}

const HABITS: readonly Habit[] = [
  { type: 1, weight: 4, rivals: { counts: [0.05, 0.2, 0.3, 0.25, 0.15, 0.05], spread: 0.45 }, digits: 6, floors: 0.9 },
  { type: 2, weight: 2, rivals: { counts: [0.1, 0.3, 0.3, 0.2, 0.1], spread: 0.5 }, digits: 6, floors: 0.8 },
  { type: 1, weight: 2, rivals: { counts: [0.1, 0.35, 0.35, 0.2], spread: 0.55 }, digits: 4, floors: 1 },
  { type: 1, weight: 1, rivals: { counts: [0.05, 0.25, 0.4, 0.2, 0.1], spread: 0.4 }, digits: 6, floors: 0.7 },
  { type: 2, weight: 1, rivals: { counts: [0.1, 0.3, 0.3, 0.3], spread: 0.5 }, digits: 2, floors: 0.5 },
];

export class Venue {
  readonly id: string;
  /** Position in the book. */
  readonly index: number;
  readonly type: 1 | 2;
  readonly weight: number;
  readonly rivals: Rivals;
  readonly digits: number;
  readonly floors: number;
  readonly encoding: PriceEncoding;
  readonly currency: string;
  /** Units of its currency for one of the book's, and what a price may be for one unit that the campaign pays. */
  readonly rate: number;
  readonly wire: number;
  readonly deals: readonly DealTerms[];
  /** Index of its feature. */
  readonly feature: number;
  /** Of an exchange that encrypts prices. */
  readonly priceKeys: PriceKeys | undefined;
  /** Sums of its feature; made when the truth is complete. */
  part!: Part;
  readonly #rivalCount: Shares;
  #medianMicros = 1;

  constructor(options: VenueOptions) {
    const { profile, habit, index, rate, deals, feature } = options;
    this.id = profile.id;
    this.index = index;
    this.type = habit.type;
    this.weight = habit.weight;
    this.rivals = habit.rivals;
    this.digits = habit.digits;
    this.floors = habit.floors;
    this.encoding = profile.price_encoding;
    this.currency = profile.currency ?? 'USD';
    this.rate = rate;
    this.wire = profile.margin?.kind === 'net' ? rate / (1 + profile.margin.share) : rate;
    this.deals = deals;
    this.feature = feature;
    this.priceKeys = options.priceKeys;
    this.#rivalCount = new Shares(habit.rivals.counts);
  }

  /** Median bid of one rival at level 1, CPM micros that the campaign would pay. */
  set medianMicros(micros: number) {
    this.#medianMicros = micros;
  }

  get medianMicros(): number {
    return this.#medianMicros;
  }

  /** Bids of the rivals in a context, in CPM micros as above. As many draws of `chance` as rivals, and one. */
  rivalBids(chance: Chance, level: number): number[] {
    const count = this.#rivalCount.at(chance.float());
    const median = this.#medianMicros * level;
    return Array.from({ length: count }, () => chance.logNormal(median, this.rivals.spread));
  }

  /** Probability that the highest rival is below a price, at level 1. */
  winProbability(priceMicros: number): number {
    const below = normalBelow(Math.log(priceMicros / this.#medianMicros) / this.rivals.spread);
    const sum = this.rivals.counts.reduce((total, share) => total + share, 0);
    return Math.min(
      1,
      this.rivals.counts.reduce((total, share, count) => total + (share / sum) * below ** count, 0),
    );
  }
}

interface VenueOptions {
  readonly profile: ExchangeProfile;
  readonly habit: Habit;
  readonly index: number;
  readonly rate: number;
  readonly deals: readonly DealTerms[];
  readonly feature: number;
  readonly priceKeys: PriceKeys | undefined;
}

/** An exchange of average habits, for a price curve that knows no exchange. */
export function averageVenue(venues: readonly Venue[], spreadOfLevels: number): Venue {
  const weights = venues.reduce((sum, { weight }) => sum + weight, 0);
  const mean = (of: (venue: Venue) => number): number =>
    venues.reduce((sum, venue) => sum + venue.weight * of(venue), 0) / weights;
  const counts = Array.from({ length: 8 }, (_, n) => mean(({ rivals }) => rivals.counts[n] ?? 0));
  const spread = Math.hypot(
    mean(({ rivals }) => rivals.spread),
    spreadOfLevels,
  );
  const habit: Habit = { type: 1, weight: 1, rivals: { counts, spread }, digits: 6, floors: 1 };
  const profile = DEFAULT_PROFILE;
  const average = new Venue({ profile, habit, index: 0, rate: 1, deals: [], feature: 0, priceKeys: undefined });
  average.medianMicros = mean((venue) => venue.medianMicros);
  return average;
}

/**
 * The exchanges of a campaign file, in the order of the book. One that encrypts prices and whose keys are not known is
 * left out: nobody could read its notices.
 * @param count how many of them at most; undefined for all
 */
export function venuesOf(
  file: CampaignFile,
  truth: Truth,
  keys: Readonly<Record<string, PriceKeys>>,
  count: number | undefined,
): Venue[] {
  const named = file.exchanges.filter(({ id }) => id !== 'default');
  const own = file.exchanges.find(({ id }) => id === 'default') ?? DEFAULT_PROFILE;
  // An exchange that no file names is where those without one post to; with a file that names some, those are enough.
  const profiles = named.length === 0 ? [own] : named;
  const venues = profiles.flatMap((profile, n): Venue[] => {
    const priceKeys = keys[profile.id];
    const currency = profile.currency ?? 'USD';
    const rate = currency === file.currency ? 1 : file.rates[currency];
    if (rate === undefined || (profile.price_encoding === 'google' && priceKeys === undefined)) return [];
    const habit = HABITS[n % HABITS.length] as Habit;
    const index = profile.id === 'default' ? 0 : n + 1;
    const feature = truth.text(map.FIELD_EXCHANGE, profile.id);
    return [new Venue({ profile, habit, index, rate, deals: dealsOf(file, profile, habit), feature, priceKeys })];
  });
  return venues.slice(0, count);
}

/** The deals that ad groups name and the exchange has: their terms are the exchange's. */
function dealsOf(file: CampaignFile, profile: ExchangeProfile, habit: Habit): DealTerms[] {
  const groups = file.accounts.flatMap(({ campaigns }) => campaigns.flatMap((campaign) => campaign.ad_groups));
  const deals = new Map<string, DealTerms>();
  for (const { goal, targeting, max_bid_cpm_micros: most } of groups) {
    const isHere = (id: string): boolean =>
      (profile.deals === undefined || profile.deals.includes(id)) &&
      (targeting.exchanges === undefined || targeting.exchanges.includes(profile.id));
    for (const id of (targeting.deals ?? []).filter(isHere)) {
      const worth = goal.type === 'cpm' ? goal.bid_micros : most / 4;
      const floorMicros = Math.round((worth * 0.6) / 10_000) * 10_000;
      deals.set(id, { id, type: id.includes('FIXED') ? 3 : habit.type, floorMicros });
    }
  }
  return [...deals.values()];
}
