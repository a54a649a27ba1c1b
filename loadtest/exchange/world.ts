// A world: exchanges with their rivals, sites and apps, people, the ads of a campaign file, and what is true of all of
// them (truth.ts). All of it is made from a seed and the campaign file: the same two make the same world everywhere.

import * as map from '../../assembly/memory_map.js';
import { LANDSCAPE_PRICES } from '../../assembly/model_layout.js';
import { adFeatures } from '../../bidcore/ad_features.js';
import { type Ad, makeBook } from '../../bidcore/book.js';
import type { AdGroup, CampaignFile } from '../../bidcore/campaign_file.js';
import { sizeOf } from '../../bidcore/creative_file.js';
import { mixSeeds } from '../../bidcore/fuzz/random.js';
import { hashText } from '../../bidcore/hash.js';
import type { PriceKeys } from '../../bidcore/money/clearing_price.js';
import { Chance, Shares, zipf } from './chance.js';
import { People } from './people.js';
import { type Place, planPlaces } from './places.js';
import { type Part, priceLevel, type Rates, Truth } from './truth.js';
import { averageVenue, type Venue, venuesOf } from './venues.js';

/** An ad as a token names it. */
export interface WorldAd {
  readonly campaign: string;
  readonly goal: AdGroup['goal'];
  readonly part: Part;
}

export interface WorldOptions {
  readonly seed: number;
  readonly file: CampaignFile;
  /** People (default 20,000). */
  readonly people?: number;
  /** Exchanges of the file that send traffic (default: all). */
  readonly exchanges?: number | undefined;
  /** Of exchanges that encrypt prices, by id; those of others are not used. */
  readonly priceKeys?: Readonly<Record<string, PriceKeys>>;
}

/** Mean rates over contexts and ads, before anybody chooses. */
const CLICK_RATE = 0.016;
const CONVERSION_RATE = 0.12;
/** Median bid of one rival in the median context, CPM micros of USD or whatever the file's currency is. */
const RIVAL_MEDIAN_MICROS = 6_000_000;
/** Contexts that means are taken of. */
const SAMPLES = 4000;
const HOURS = 24;
const WEEKDAYS = 7;
const PEOPLE = 20_000;
/** Lowest and highest price of the curve, as multiples of the median. */
const GRID_FROM = 1 / 40;
const GRID_TO = 40;

export interface World {
  readonly seed: number;
  readonly file: CampaignFile;
  readonly truth: Truth;
  readonly venues: readonly Venue[];
  readonly venueShares: Shares;
  /** The most popular first. */
  readonly places: readonly Place[];
  readonly placeShares: Shares;
  readonly people: People;
  readonly peopleShares: Shares;
  /** By ad key, as it stands in tokens. */
  readonly ads: ReadonlyMap<bigint, WorldAd>;
  /** Over contexts and ads, before anybody chooses. */
  readonly meanCtr: number;
  readonly meanCvr: number;
  /** Grid of the price curves, CPM micros of the file's currency. */
  readonly priceGrid: readonly number[];
  /** Of average habits, over all contexts: for a price curve that knows neither. */
  readonly averageVenue: Venue;
  /** By hour of the week in UTC, Monday first. */
  readonly moments: readonly Part[];
}

export function makeWorld({ seed, file, people: count = PEOPLE, exchanges, priceKeys = {} }: WorldOptions): World {
  // First every feature gets its weights, then sums are made of them.
  const truth = new Truth(mixSeeds(seed, 1));
  const venues = venuesOf(file, truth, priceKeys, exchanges);
  if (venues.length === 0) throw new Error('no exchange of this campaign file can send traffic');
  const plans = planPlaces(file, truth, new Chance(mixSeeds(seed, 2)));
  const placeShares = zipf(plans.count, 0.9);
  const people = new People(file, truth, mixSeeds(seed, 3), count, placeShares);
  const hours = Array.from({ length: HOURS * WEEKDAYS }, (_, n) => [
    truth.number(map.FIELD_HOUR, n % HOURS),
    truth.number(map.FIELD_WEEKDAY, Math.floor(n / HOURS)),
  ]);
  const ads = bookAds(file, truth);
  for (const venue of venues) venue.part = truth.part([venue.feature]);
  const parts = {
    seed,
    file,
    truth,
    venues,
    venueShares: new Shares(venues.map(({ weight }) => weight)),
    places: plans.make(),
    placeShares,
    people,
    peopleShares: zipf(count, 0.7),
    ads: new Map(ads.map(({ key, features, ...ad }) => [key, { ...ad, part: truth.part(features) }])),
    meanCtr: CLICK_RATE,
    meanCvr: CONVERSION_RATE,
    moments: hours.map((features) => truth.part(features)),
  };
  const average = averageVenue(venues, setLevels(parts));
  const step = (GRID_TO / GRID_FROM) ** (1 / (LANDSCAPE_PRICES - 1));
  const priceGrid = Array.from({ length: LANDSCAPE_PRICES }, (_, n) =>
    Math.round(average.medianMicros * GRID_FROM * step ** n),
  );
  return { ...parts, priceGrid, averageVenue: average };
}

/** The part of the time of a request, UTC as the bidder has it. */
export function momentOf({ moments }: Pick<World, 'moments'>, ms: number): Part {
  const date = new Date(ms);
  const weekday = (date.getUTCDay() + 6) % WEEKDAYS;
  return moments[weekday * HOURS + date.getUTCHours()] as Part;
}

/** What an impression is worth to its campaign, micros: the goal's bid times the rates it is paid by. */
export function valueMicros({ goal }: WorldAd, { ctr, cvr }: Rates): number {
  switch (goal.type) {
    case 'cpm':
      return goal.bid_micros / 1000;
    case 'cpc':
      return goal.bid_micros * ctr;
    case 'cpa':
      return goal.bid_micros * ctr * cvr;
  }
}

interface BookAd extends Omit<WorldAd, 'part'> {
  readonly key: bigint;
  readonly features: readonly number[];
}

/** Fields of an ad's features, in the order of `adFeatures`. */
const AD_FIELDS = [
  map.FIELD_CAMPAIGN,
  map.FIELD_AD_GROUP,
  map.FIELD_CREATIVE,
  map.FIELD_ADVERTISER,
  map.FIELD_CREATIVE_SIZE,
  map.FIELD_CREATIVE_CATEGORY,
  map.FIELD_CREATIVE_TYPE,
] as const;

/** The ads of the file with their features, which get their weights. */
function bookAds(file: CampaignFile, truth: Truth): BookAd[] {
  const book = makeBook(file, 1, { notices: '', markup: '', sign: () => '' });
  return book.ads.map((ad) => {
    const { campaign, adGroup, creative } = ad;
    const features = adFeatures(ad);
    features.forEach((index, n) => {
      if (n < 4 || hasValue(ad, n)) truth.known(AD_FIELDS[n] as number, index);
    });
    return {
      key: hashText(`${campaign.id}/${adGroup.id}/${creative.id}`),
      campaign: campaign.id,
      goal: adGroup.goal,
      features,
    };
  });
}

/** Whether a creative has a size, a category: what is absent weighs nothing. */
function hasValue({ creative }: Ad, n: number): boolean {
  if (n === 4) return sizeOf(creative) !== undefined;
  return n !== 5 || creative.categories.length > 0;
}

type Levelled = Omit<World, 'priceGrid' | 'averageVenue'>;

/**
 * Sets the biases so that mean rates are those of the world, and the rivals' median so that the median context has the
 * median price.
 * @returns the spread of the logarithm of price levels
 */
function setLevels(world: Levelled): number {
  const { truth, venues, places, people } = world;
  const chance = new Chance(mixSeeds(world.seed, 4));
  const ads = [...world.ads.values()];
  const samples = Array.from({ length: SAMPLES }, () => {
    const place = places[world.placeShares.at(chance.float())] as Place;
    const context = [
      (venues[world.venueShares.at(chance.float())] as Venue).part,
      place.part,
      people.at(world.peopleShares.at(chance.float())).part,
      chance.pick(place.slots).part,
      chance.pick(world.moments),
    ];
    return { context, ad: chance.pick(ads).part };
  });
  const mean = (of: (rates: Rates) => number): number =>
    samples.reduce((sum, { context, ad }) => sum + of(truth.rates(context, ad)), 0) / SAMPLES;
  truth.biasCtr = biasFor(world.meanCtr, (bias) => {
    truth.biasCtr = bias;
    return mean(({ ctr }) => ctr);
  });
  truth.biasCvr = biasFor(world.meanCvr, (bias) => {
    truth.biasCvr = bias;
    return mean(({ cvr }) => cvr);
  });
  const levels = samples.map(({ context }) => priceLevel(context)).sort((a, b) => a - b);
  const middle = levels[SAMPLES / 2] as number;
  for (const venue of venues) venue.medianMicros = RIVAL_MEDIAN_MICROS / Math.exp(middle);
  return Math.sqrt(levels.reduce((sum, level) => sum + (level - middle) ** 2, 0) / SAMPLES);
}

/** The bias at which a mean rate is the wanted one, by bisection. */
function biasFor(wanted: number, mean: (bias: number) => number): number {
  let [low, high] = [-12, 4];
  for (let n = 0; n < 24; n++) {
    const middle = (low + high) / 2;
    if (mean(middle) < wanted) low = middle;
    else high = middle;
  }
  return low;
}
